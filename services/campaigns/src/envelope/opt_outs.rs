//! Which opt-outs belong to a run: those of people who got its text while it was open, or within a day after.

use std::collections::{BTreeSet, HashMap};

use contract::chunk::Outcome;
use contract::{ContactId, RunId, TenantId, UnixMillis};

use crate::app::App;
use crate::db;
use crate::db::envelope::OptOut;

/// How long after its closing opt-outs are counted for a run.
pub const AFTER_CLOSING_MS: i64 = 24 * 3_600_000;
/// Chunks whose people are looked through at once.
const PAGE: usize = 256;
/// Opt-outs settled at one look.
const AT_ONCE: usize = 2_000;

/// Notes these opt-outs with every watched run that has the people in it, and wakes those runs.
pub async fn note(
    app: &App,
    tenant: TenantId,
    people: &HashMap<ContactId, UnixMillis>,
) -> anyhow::Result<()> {
    let (db, now) = (app.cx.db.read(), app.cx.clock.millis());
    for (run, started_at) in db::pace::watched(db, tenant, now).await? {
        let found = find(app, run, started_at, people).await?;
        if found.is_empty() {
            continue;
        }
        let engine = app.cx.db.engine();
        app.cx
            .db
            .write(move |tx| Box::pin(async move { db::envelope::note(tx, engine, &found).await }))
            .await?;
        app.runs.wake(run);
    }
    Ok(())
}

/// Their places in the run. Chunks need not be in the order of ids, so all are looked through.
async fn find(
    app: &App,
    run: RunId,
    started_at: UnixMillis,
    people: &HashMap<ContactId, UnixMillis>,
) -> anyhow::Result<Vec<OptOut>> {
    let mut found = Vec::new();
    let mut first = 0;
    loop {
        let page = db::chunk::contacts_from(app.cx.db.read(), run, first, PAGE).await?;
        let full = page.len() == PAGE;
        for (chunk, contacts) in page {
            first = chunk + 1;
            for (place, contact) in (0u16..).zip(contacts) {
                if let Some(at) = people.get(&contact).filter(|at| **at >= started_at) {
                    found.push(OptOut {
                        run,
                        contact,
                        chunk,
                        place,
                        at: *at,
                    });
                }
            }
        }
        if !full {
            return Ok(found);
        }
    }
}

/// Opt-outs may be heard of before the hand-over is: what was open is settled here once the chunk knows.
pub async fn settle(app: &App, run: RunId) -> anyhow::Result<()> {
    let open = db::envelope::in_doubt(app.cx.db.read(), run, AT_ONCE).await?;
    if open.is_empty() {
        return Ok(());
    }
    let numbers: BTreeSet<u32> = open.iter().map(|(chunk, _)| *chunk).collect();
    let numbers: Vec<u32> = numbers.into_iter().collect();
    let chunks = db::chunk::look_at(app.cx.db.read(), run, &numbers).await?;
    let outcome = |(chunk, place): &(u32, u16)| {
        let chunk = chunks.iter().find(|known| known.number == *chunk)?;
        Some(chunk.marks.at(*place)?.outcome)
    };
    let known: Vec<((u32, u16), bool)> = open
        .iter()
        .filter_map(|place| Some((*place, texted(outcome(place)?)?)))
        .collect();
    if known.is_empty() {
        return Ok(());
    }
    app.cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                for (place, texted) in known {
                    db::envelope::settle(tx, run, place, texted).await?;
                }
                Ok(())
            })
        })
        .await
}

/// Whether the text was handed over; `None`: not known yet. Of an unknown one it may still turn out.
fn texted(outcome: Outcome) -> Option<bool> {
    match outcome {
        Outcome::Pending | Outcome::Held | Outcome::Unknown => None,
        outcome if outcome.is_handed_over() => Some(true),
        _ => Some(false),
    }
}
