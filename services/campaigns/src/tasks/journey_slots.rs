//! Has the audiences of schedules enter their journeys, and looks whether splits are decided.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::journeys::{slots, waves, winners};

/// Before trying again what failed.
const AFTER_FAILURE: Duration = Duration::from_millis(500);

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    let mut looked_at = i64::MIN;
    while !stopping.is_cancelled() {
        let pause = match enter_all(&app).await {
            Ok(()) => app.config.poll(),
            Err(error) => {
                let error = format!("{error:#}");
                tracing::warn!(error, "an audience cannot enter its journey yet");
                AFTER_FAILURE
            }
        };
        let now = app.cx.clock.millis().0;
        if now.saturating_sub(looked_at) >= winners::LOOK_EVERY_MS {
            looked_at = now;
            if let Err(error) = winners::look(&app).await {
                let error = format!("{error:#}");
                tracing::warn!(error, "splits of journeys cannot be decided yet");
            }
        }
        tokio::select! {
            () = stopping.cancelled() => {}
            () = app.journeys.slots.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    Ok(())
}

async fn enter_all(app: &App) -> anyhow::Result<()> {
    loop {
        waves::open_due(app).await?;
        // Whoever waits in an open wave enters, whatever keeps others from it.
        let (paged, entered) = (slots::enter(app).await, waves::let_in(app).await);
        if !paged? && !entered? {
            break;
        }
        if app.cx.stopping().is_cancelled() {
            break;
        }
    }
    Ok(())
}
