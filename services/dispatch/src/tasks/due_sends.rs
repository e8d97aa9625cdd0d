//! Goes on with texts of the API that were held until now, or that a process which died had accepted.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::db::api_message;
use crate::sends::accept::LEASE_MS;
use crate::sends::hand;

/// Texts taken at once.
const MOST: u64 = 500;
/// How often it is looked whether something is due: the index holds only what waits.
const LOOK_EVERY: Duration = Duration::from_millis(500);
const FORGET_EVERY: u32 = 1_200;

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    let (mut first, mut rounds) = (true, 0_u32);
    while !stopping.is_cancelled() {
        match round(&app, first).await {
            Ok(more) => {
                first = false;
                if more {
                    continue;
                }
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(
                    error,
                    "texts that are due could not be looked up; trying again"
                );
            }
        }
        if rounds.is_multiple_of(FORGET_EVERY) {
            // A database that is away for a while is no reason to end the process.
            if let Err(error) = forget(&app).await {
                let error = format!("{error:#}");
                tracing::warn!(error, "settled texts of the API could not be removed");
            }
        }
        rounds = rounds.wrapping_add(1);
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = app.sends.due.notified() => {}
            () = stopping.cancelled() => {}
        }
    }
    Ok(())
}

/// Starts what is due; true if there may be more. The `first` time also what we accepted in an earlier life.
async fn round(app: &Arc<App>, first: bool) -> anyhow::Result<bool> {
    let (engine, now) = (app.cx.db.engine(), app.cx.clock.millis().0);
    if !first {
        let next = api_message::next_due(engine, app.cx.db.read()).await?;
        if next.is_none_or(|due| due > now) {
            return Ok(false);
        }
    }
    let owner = first.then(|| app.config.name.clone());
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            let times = (now, now + LEASE_MS);
            api_message::take_due(engine, tx, owner.as_deref(), times, MOST).await
        })
    });
    let due = write.await?;
    // The first time, those whose lease was renewed just now would be found again.
    let more = !first && due.len() as u64 == MOST;
    for (tenant, chunk) in due {
        hand::start(app, tenant, chunk);
    }
    Ok(more)
}

async fn forget(app: &App) -> anyhow::Result<()> {
    let (engine, now) = (app.cx.db.engine(), app.cx.clock.millis().0);
    let before = now - i64::from(app.config.sends.keep_days) * 86_400_000;
    app.cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                api_message::forget_works(engine, tx, now).await?;
                api_message::forget(engine, tx, before).await
            })
        })
        .await
}
