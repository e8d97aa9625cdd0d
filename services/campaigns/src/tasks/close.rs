//! Closes a run when nothing of it is open any more.

use std::collections::BTreeSet;

use chassis::{Bus, Tx};
use contract::campaigns::RunClosed;
use contract::{CampaignId, RunId, UnixMillis};

use crate::app::App;
use crate::db;
use crate::db::run::RunState;
use crate::lifecycle::State;
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
                let (state, reason) = sums.ending();
                let goes_on = recurring::goes_on(tx, run.campaign).await?;
                let (from, state): (&[State], State) = if goes_on {
                    // A pause outlives the run: the next slot waits for the resume.
                    (&[State::Preparing, State::Running], State::Scheduled)
                } else {
                    (&[State::Preparing, State::Running, State::Paused], state)
                };
                db::campaign::move_on(tx, run.campaign, from, state, reason, now).await?;
                bus.say(tx, run.tenant, &closed(id, run.campaign, &sums, now))
                    .await?;
                Ok(true)
            })
        })
        .await
}

/// Late reports (a hand-over that overtook a cancellation, an unknown cleared up) change sums that were
/// already said: they are said again.
pub async fn correct(
    tx: &Tx,
    bus: &Bus,
    runs: &BTreeSet<RunId>,
    now: UnixMillis,
) -> anyhow::Result<()> {
    for id in runs {
        let Some(run) = db::run::by_id(tx, *id).await? else {
            continue;
        };
        if run.state == RunState::Closed {
            let sums = db::progress::of_run(tx, *id).await?;
            bus.say(tx, run.tenant, &closed(*id, run.campaign, &sums, now))
                .await?;
        }
    }
    Ok(())
}

fn closed(run: RunId, campaign: CampaignId, sums: &Sums, at: UnixMillis) -> RunClosed {
    RunClosed {
        run,
        campaign,
        at,
        recipients: sums.recipients,
        suppressed: sums.suppressed_total(),
        cancelled: sums.cancelled,
        expired: sums.expired,
        failed: sums.failed_total(),
        unknown: sums.unknown,
        handed_over: sums.handed_over,
    }
}
