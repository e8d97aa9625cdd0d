//! Works into runs what has arrived and what is due.

use std::sync::Arc;
use std::time::Duration;

use contract::UnixMillis;

use crate::app::App;
use crate::{db, journeys};

/// Before trying again what failed.
const AFTER_FAILURE: Duration = Duration::from_millis(500);

/// A slot is known for at least so long: it may take a day until it has come everywhere.
const SLOTS_KEPT_MS: i64 = 3 * 86_400_000;

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    let mut forgot_at = UnixMillis(0);
    while !stopping.is_cancelled() {
        let pause = match journeys::run_passes(&app).await {
            Ok(()) => app.config.poll(),
            Err(error) => {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "runs of journeys cannot go on yet"
                );
                AFTER_FAILURE
            }
        };
        if let Err(error) = forget(&app, &mut forgot_at).await {
            tracing::warn!(
                error = format!("{error:#}"),
                "ids of old events could not be forgotten yet"
            );
        }
        tokio::select! {
            () = stopping.cancelled() => {}
            () = app.journeys_rung.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    Ok(())
}

/// Once an hour: ids of events are known for as long as the settings say.
async fn forget(app: &App, at: &mut UnixMillis) -> anyhow::Result<()> {
    let now = app.cx.clock.millis();
    if now.0 - at.0 < 3_600_000 {
        return Ok(());
    }
    *at = now;
    let before = UnixMillis(now.0 - i64::from(app.config.event_ids_days) * 86_400_000);
    app.cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let slots_before = UnixMillis(before.0.min(now.0 - SLOTS_KEPT_MS));
                db::journey_slot::forget(tx, slots_before).await?;
                db::journey_wave::close(tx).await?;
                db::journey_sent::forget(tx, now).await?;
                db::journey_input::forget_aside(tx, before).await?;
                db::journey_call::forget_aside(tx, before).await?;
                db::journey_run::forget_aside(tx, before).await?;
                db::journey_input::forget(tx, before).await
            })
        })
        .await?;
    Ok(())
}
