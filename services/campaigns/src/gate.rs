//! Moving consent's gate of a run: after it is confirmed shut, nothing of the run leaves.

use std::time::Instant;

use contract::RunId;
use contract::consent::SetRunGate;

use crate::app::App;
use crate::db;

/// Asks consent once for the gate that is wanted now. True once consent has confirmed it.
pub async fn attempt(app: &App, run: RunId) -> anyhow::Result<bool> {
    let handle = app.runs.handle(run);
    let _turn = handle.gate.lock().await;
    let Some(wanted) = db::run::by_id(app.cx.db.read(), run).await? else {
        return Ok(true);
    };
    if wanted.gate_settled {
        return Ok(true);
    }
    let gate = wanted.gate;
    let answer = app
        .cx
        .bus
        .ask(wanted.tenant, &SetRunGate { run, gate })
        .await?;
    if answer.settled {
        app.cx
            .db
            .write(move |tx| Box::pin(async move { db::run::gate_settled(tx, run, gate).await }))
            .await?;
    }
    Ok(answer.settled)
}

/// Waits for the confirmation, as long as the settings allow. False: not yet, but the run's worker goes on
/// asking.
pub async fn confirmed(app: &App, run: RunId) -> bool {
    let started = Instant::now();
    while started.elapsed() < app.config.gate_wait() {
        match attempt(app, run).await {
            Ok(true) => return true,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%run, error = format!("{error:#}"), "consent has not moved a gate yet");
            }
        }
        tokio::time::sleep(app.config.poll()).await;
    }
    false
}
