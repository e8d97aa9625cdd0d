//! Positions that campaigns settles itself: contacts gone, cancelled, or expired before their release.

use chassis::{Bus, Tx};
use contract::campaigns::ChunkSettled;
use contract::chunk::{Outcome, OutcomeGroup};
use contract::{DecisionId, Reason, UnixMillis};

use crate::app::App;
use crate::db;
use crate::db::chunk::Chunk;
use crate::db::run::Run;
use crate::fold::Mark;
use crate::release::Stage;

/// Chunks settled in one write.
const AT_ONCE: usize = 64;

/// Settles every open position of the chunks at these stages.
pub async fn all_open(
    app: &App,
    run: &Run,
    stages: &'static [Stage],
    outcome: Outcome,
    reason: &Reason,
) -> anyhow::Result<()> {
    loop {
        let (engine, now, bus) = (
            app.cx.db.engine(),
            app.cx.clock.millis(),
            app.cx.bus.clone(),
        );
        let (owner, mark) = (run.clone(), Mark::new(outcome, reason.clone(), None));
        let settled = app
            .cx
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let mut chunks =
                        db::chunk::at_stages(tx, engine, owner.id, stages, AT_ONCE).await?;
                    for chunk in &mut chunks {
                        let open = open_positions(chunk);
                        settle(tx, &bus, &owner, chunk, &mark, &open, now).await?;
                    }
                    db::chunk::save(tx, &chunks).await?;
                    Ok(chunks.len())
                })
            })
            .await?;
        if settled < AT_ONCE {
            return Ok(());
        }
    }
}

/// Settles whoever was never released of chunks that were released in part.
pub async fn rest_of_parts(
    app: &App,
    run: &Run,
    outcome: Outcome,
    reason: &Reason,
) -> anyhow::Result<()> {
    let (engine, now, bus) = (
        app.cx.db.engine(),
        app.cx.clock.millis(),
        app.cx.bus.clone(),
    );
    let (owner, mark) = (run.clone(), Mark::new(outcome, reason.clone(), None));
    app.cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let mut chunks = db::chunk::in_parts(tx, engine, owner.id, AT_ONCE).await?;
                for chunk in &mut chunks {
                    let mut rest = open_positions(chunk);
                    rest.retain(|position| *position >= chunk.timing.released_to);
                    settle(tx, &bus, &owner, chunk, &mark, &rest, now).await?;
                    chunk.timing.released_to = u16::try_from(chunk.marks.len())?;
                }
                db::chunk::save(tx, &chunks).await
            })
        })
        .await
}

/// Settles these positions of one chunk, as far as they are open.
pub async fn positions(
    app: &App,
    run: &Run,
    number: u32,
    mark: Mark,
    positions: Vec<u16>,
) -> anyhow::Result<()> {
    let (engine, now, bus, owner) = (
        app.cx.db.engine(),
        app.cx.clock.millis(),
        app.cx.bus.clone(),
        run.clone(),
    );
    app.cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let mut chunks = db::chunk::load(tx, engine, &[(owner.id, number)].into()).await?;
                for chunk in &mut chunks {
                    let mut open = open_positions(chunk);
                    open.retain(|position| positions.contains(position));
                    settle(tx, &bus, &owner, chunk, &mark, &open, now).await?;
                }
                db::chunk::save(tx, &chunks).await
            })
        })
        .await
}

fn open_positions(chunk: &Chunk) -> Vec<u16> {
    chunk
        .marks
        .iter()
        .filter(|(_, mark)| !mark.outcome.is_settled())
        .map(|(position, _)| position)
        .collect()
}

async fn settle(
    tx: &Tx,
    bus: &Bus,
    run: &Run,
    chunk: &mut Chunk,
    mark: &Mark,
    positions: &[u16],
    now: UnixMillis,
) -> anyhow::Result<()> {
    if positions.is_empty() {
        return Ok(());
    }
    chunk.marks.fold(mark, positions);
    let everyone = db::chunk::contacts(tx, run.id, &[chunk.number])
        .await?
        .pop()
        .unwrap_or_default()
        .1;
    let contacts = positions
        .iter()
        .filter_map(|position| everyone.get(usize::from(*position)).copied())
        .collect();
    let group = OutcomeGroup {
        outcome: mark.outcome,
        reason: mark.reason.clone(),
        until: None,
        positions: positions.to_vec(),
        contacts,
        // No decision was asked for: these never reached consent.
        decisions: vec![DecisionId::from_raw(0); positions.len()],
    };
    let event = ChunkSettled {
        run: run.id,
        campaign: run.campaign,
        chunk: chunk.number,
        at: now,
        groups: vec![group],
    };
    bus.say(tx, run.tenant, &event).await?;
    Ok(())
}
