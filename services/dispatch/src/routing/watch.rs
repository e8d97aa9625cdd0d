//! Looks for changed routes.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;

/// Changes are effective within a second in every dispatcher.
const EVERY: Duration = Duration::from_millis(400);

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = stopping.cancelled() => return Ok(()),
        }
        if let Err(error) = app.routing.refresh(&app.cx.db, &app.links).await {
            tracing::warn!(
                error = format!("{error:#}"),
                "routes could not be read; the ones known stay in use"
            );
        }
    }
}
