//! Closes a run when nothing of it is open any more.

use std::collections::BTreeSet;

use chassis::{Bus, Engine, Tx};
use contract::campaigns::RunClosed;
use contract::{RunId, UnixMillis};

use crate::app::App;
use crate::db;
use crate::db::run::{Run, RunState};
use crate::envelope::opt_outs;
use crate::lifecycle::{State, Step};
use crate::progress::Sums;
use crate::recurring;

/// True when the run is closed (now or before).
pub async fn close(app: &App, id: RunId) -> anyhow::Result<bool> {
    let (engine, now, bus) = (
        app.cx.db.engine(),
        app.cx.clock.millis(),
        app.cx.bus.clone(),
    );
    app.cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let Some(run) = db::run::by_id_for_update(tx, engine, id).await? else {
                    return Ok(true);
                };
                if run.state == RunState::Closed {
                    return Ok(true);
                }
                let sums = db::progress::of_run(tx, id).await?;
                if !run.frozen || sums.open() > 0 {
                    return Ok(false);
                }
                anyhow::ensure!(
                    sums.recipients == run.recipients,
                    "the chunks of a run do not add up"
                );
                db::run::close(tx, id, now).await?;
                if run.paced {
                    let day = UnixMillis(now.0.saturating_add(opt_outs::AFTER_CLOSING_MS));
                    db::pace::closed(tx, id, day).await?;
                }
                let (state, reason) = sums.ending();
                let goes_on = recurring::goes_on(tx, run.campaign).await?;
                let (from, state): (&[State], State) = if goes_on {
                    // A pause outlives the run: the next slot waits for the resume.
                    (&[State::Preparing, State::Running], State::Scheduled)
                } else {
                    (&[State::Preparing, State::Running, State::Paused], state)
                };
                let step = Step::own("close", state).because(reason);
                db::campaign::move_on(tx, &bus, run.campaign, from, &step, now).await?;
                let first = Statement {
                    closed_at: now,
                    revision: 1,
                    restated_at: None,
                };
                bus.say(tx, run.tenant, &closed(&run, &sums, first)).await?;
                Ok(true)
            })
        })
        .await
}

/// Late reports (a hand-over that overtook a cancellation, an unknown cleared up) changed the sums of these
/// runs. Where they had been stated they are stated again, with the next revision.
pub async fn restate(
    tx: &Tx,
    engine: Engine,
    bus: &Bus,
    runs: &BTreeSet<RunId>,
    now: UnixMillis,
) -> anyhow::Result<()> {
    for id in runs {
        // Locked: of two who bring late reports at once the second counts what the first one wrote, and a
        // run that is being closed meanwhile is closed with them or restated.
        let Some(run) = db::run::by_id_for_update(tx, engine, *id).await? else {
            continue;
        };
        let (RunState::Closed, Some(closed_at)) = (run.state, run.closed_at) else {
            continue;
        };
        let sums = db::progress::of_run(tx, *id).await?;
        let again = Statement {
            closed_at,
            revision: run.revision + 1,
            restated_at: Some(now),
        };
        db::run::restate(tx, *id, again.revision, now).await?;
        bus.say(tx, run.tenant, &closed(&run, &sums, again)).await?;
    }
    Ok(())
}

/// Which statement of a run's sums it is.
#[derive(Clone, Copy)]
struct Statement {
    closed_at: UnixMillis,
    revision: u32,
    restated_at: Option<UnixMillis>,
}

fn closed(run: &Run, sums: &Sums, statement: Statement) -> RunClosed {
    RunClosed {
        run: run.id,
        campaign: run.campaign,
        at: statement.closed_at,
        recipients: sums.recipients,
        suppressed: sums.suppressed_total(),
        cancelled: sums.cancelled,
        expired: sums.expired,
        failed: sums.failed_total(),
        unknown: sums.unknown,
        handed_over: sums.handed_over,
        revision: statement.revision,
        restated_at: statement.restated_at,
    }
}
