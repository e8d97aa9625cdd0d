//! Gives every open run a worker: after a launch, and after a restart.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::db;

/// Finds runs whose launch did not ring here, such as those another process began.
const LOOK_AROUND: Duration = Duration::from_secs(1);

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    while !stopping.is_cancelled() {
        match db::run::open(app.cx.db.read()).await {
            Ok(open) => {
                for id in open {
                    if let Some(handle) = app.runs.adopt(id) {
                        app.cx
                            .spawn("campaigns run", super::work::run(app.clone(), id, handle));
                    }
                }
            }
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "open runs could not be read");
            }
        }
        tokio::select! {
            () = stopping.cancelled() => {}
            () = app.runs.begun.notified() => {}
            () = tokio::time::sleep(LOOK_AROUND) => {}
        }
    }
    Ok(())
}
