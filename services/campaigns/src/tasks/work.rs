//! The worker of one run: freezes its audience, releases its chunks, settles what is left, closes it.

use std::sync::Arc;
use std::time::Duration;

use contract::chunk::Outcome;
use contract::{Reason, RunId};

use crate::app::App;
use crate::db::run::RunState;
use crate::release::{Stage, later};
use crate::runs::RunHandle;
use crate::tasks::{close, freeze, release};
use crate::{db, envelope, gate, settle, variants};

/// Before trying again what failed.
const AFTER_FAILURE: Duration = Duration::from_millis(500);
/// Reports that arrive within this time are acted on together.
const GATHER: Duration = Duration::from_millis(2);

pub async fn run(app: Arc<App>, id: RunId, handle: Arc<RunHandle>) -> anyhow::Result<()> {
    let stopping = app.cx.stopping();
    // What was on its way when the process ended may be lost; it need not wait for its full timeout.
    let by = later(app.cx.clock.millis(), app.config.restart_grace());
    let hurried = app
        .cx
        .db
        .write(move |tx| Box::pin(async move { db::chunk::hurry(tx, id, by).await }))
        .await;
    if let Err(error) = hurried {
        tracing::warn!(run = %id, error = format!("{error:#}"), "chunks on their way keep their timeouts");
    }
    let work = async {
        while !stopping.is_cancelled() {
            let pause = match pass(&app, id).await {
                Ok(true) => return,
                Ok(false) => app.config.poll(),
                Err(error) => {
                    tracing::warn!(run = %id, error = format!("{error:#}"), "a run cannot go on yet");
                    AFTER_FAILURE
                }
            };
            tokio::select! {
                () = stopping.cancelled() => {}
                () = handle.wake.notified() => tokio::time::sleep(GATHER).await,
                () = tokio::time::sleep(pause) => {}
            }
        }
    };
    tokio::join!(freeze::run(&app, id), work);
    app.runs.forget(id);
    Ok(())
}

/// Does what can be done now. True when the run is closed.
async fn pass(app: &App, id: RunId) -> anyhow::Result<bool> {
    let Some(run) = db::run::by_id(app.cx.db.read(), id).await? else {
        return Ok(true);
    };
    if run.state == RunState::Closed {
        return Ok(true);
    }
    let gate_settled = run.gate_settled || gate::attempt(app, id).await?;
    match run.state {
        RunState::Running if gate_settled => {
            if run.valid_until <= app.cx.clock.millis() {
                settle::all_open(
                    app,
                    &run,
                    &[Stage::Waiting],
                    Outcome::Expired,
                    &Reason::MESSAGE_EXPIRED,
                )
                .await?;
                if run.paced {
                    settle::rest_of_parts(app, &run, Outcome::Expired, &Reason::MESSAGE_EXPIRED)
                        .await?;
                }
            }
            if run.paced && envelope::look(app, &run).await? {
                // Everything else follows from how the run stands now.
                app.runs.wake(id);
                return Ok(false);
            }
            variants::work(app, &run).await?;
            release::due_chunks(app, &run).await?;
        }
        // Only once the gate is shut: until then a text may still leave and would be counted as cancelled.
        RunState::Cancelled if gate_settled && run.frozen => {
            const OPEN: &[Stage] = &[Stage::Waiting, Stage::InFlight, Stage::Held];
            settle::all_open(
                app,
                &run,
                OPEN,
                Outcome::Cancelled,
                &Reason::CAMPAIGN_CANCELLED,
            )
            .await?;
        }
        _ => {}
    }
    if run.frozen && !db::chunk::any_open(app.cx.db.read(), id).await? {
        return close::close(app, id).await;
    }
    Ok(false)
}
