//! Ends the process once a newer dispatcher of the same name has taken over.

use std::sync::Arc;

use crate::app::App;

pub async fn run(app: Arc<App>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    tokio::select! {
        () = app.fenced.cancelled() => {
            anyhow::bail!("dispatch.fenced: another dispatcher named {} has registered", app.config.name)
        }
        () = stopping.cancelled() => Ok(()),
    }
}
