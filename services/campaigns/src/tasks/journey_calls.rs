//! Calls the webhooks of journeys.

use std::sync::Arc;
use std::time::Duration;

use channels::call::Caller;
use contract::UnixMillis;
use tokio::task::JoinSet;

use crate::app::App;
use crate::db;
use crate::journey::run::MOST_BODY;
use crate::journeys::calls;

/// Calls under way at once: a slow one holds up no others.
const AT_ONCE: usize = 64;
/// A try of which nothing is heard is taken for lost: longer than any may take.
const LOST_AFTER_MS: i64 = 120_000;
/// Before trying again what failed here.
const AFTER_FAILURE: Duration = Duration::from_millis(500);

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    let caller = Caller::new(app.config.webhook_private_addresses, MOST_BODY)?;
    let mut open = JoinSet::new();
    while !stopping.is_cancelled() {
        let pause = match take(&app, AT_ONCE - open.len()).await {
            Ok(calls) => {
                for call in calls {
                    let (app, caller) = (app.clone(), caller.clone());
                    open.spawn(async move {
                        if let Err(error) = calls::make(&app, &caller, &call).await {
                            let error = format!("{error:#}");
                            tracing::warn!(run = %call.key.run, error, "the answer of a webhook is not noted; it is called again");
                        }
                    });
                }
                app.config.poll()
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(error, "webhooks cannot be called yet");
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = stopping.cancelled() => {}
            () = app.journeys.calls.notified(), if open.len() < AT_ONCE => {}
            Some(_) = open.join_next(), if !open.is_empty() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    // What is cut off here is called again once it is taken for lost.
    open.shutdown().await;
    Ok(())
}

async fn take(app: &App, room: usize) -> anyhow::Result<Vec<db::journey_call::Call>> {
    let (engine, now) = (app.cx.db.engine(), app.cx.clock.millis());
    if room == 0 || !db::journey_call::any_due(app.cx.db.read(), now).await? {
        return Ok(Vec::new());
    }
    let lost_at = UnixMillis(now.0 + LOST_AFTER_MS);
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { db::journey_call::take(tx, engine, now, lost_at, room).await })
    });
    write.await
}
