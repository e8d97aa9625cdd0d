//! Freezes a page of an audience that is cut into variants, a holdout and instants.

use chassis::{Bus, Tx};
use contract::campaigns::ChunkSettled;
use contract::chunk::OutcomeGroup;
use contract::{ContactId, DecisionId, UnixMillis};

use crate::app::App;
use crate::db;
use crate::db::run::Run;
use crate::fold::Marks;
use crate::variants::{Piece, people};

/// The chunks of a page; `None` where the audience of the run is cut like any other.
pub async fn of_page(
    app: &App,
    run: &Run,
    contacts: &[ContactId],
) -> anyhow::Result<Option<Vec<Piece>>> {
    let Some(cut) = app.partitions.of(app, run.id).await? else {
        return Ok(None);
    };
    let people = people(app, run.tenant, &cut.partition, contacts).await?;
    Ok(Some(cut.partition.cut(&people, app.cx.clock.millis())))
}

/// Writes chunks, what they are for, and what is settled of them from the start.
pub async fn append(
    tx: &Tx,
    bus: &Bus,
    run: &Run,
    pieces: &[Piece],
    now: UnixMillis,
) -> anyhow::Result<()> {
    let chunks = pieces.iter().map(|piece| {
        let marks = Marks::all(piece.people.len(), piece.mark.clone());
        (piece.people.as_slice(), marks)
    });
    db::chunk::append_marked(tx, run.id, run.chunks, chunks.collect()).await?;
    db::part::append(tx, run.id, run.chunks, pieces).await?;
    for (number, piece) in (run.chunks..).zip(pieces) {
        if piece.mark.outcome.is_settled() {
            let people = piece.people.len();
            let group = OutcomeGroup {
                outcome: piece.mark.outcome,
                reason: piece.mark.reason.clone(),
                until: None,
                positions: (0..u16::try_from(people)?).collect(),
                contacts: piece.people.clone(),
                // No decision was asked for: these never reach consent.
                decisions: vec![DecisionId::from_raw(0); people],
            };
            let event = ChunkSettled {
                run: run.id,
                campaign: run.campaign,
                chunk: number,
                at: now,
                groups: vec![group],
            };
            bus.say(tx, run.tenant, &event).await?;
        }
    }
    Ok(())
}
