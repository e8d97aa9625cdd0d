//! Takes imports up, one after the other, oldest first: new ones and those a stop or a crash interrupted.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use contract::ImportId;
use tokio_util::sync::CancellationToken;

use super::run_import;
use crate::app::App;
use crate::db;
use crate::import_job::{Job, State};

/// How long an import that met a fault rests, and how long the task sleeps while nothing rings.
const REST: Duration = Duration::from_secs(2);
/// Faults in a row after which an import fails.
const TRIES: u32 = 5;

pub async fn run(app: Arc<App>, stopping: CancellationToken) -> anyhow::Result<()> {
    let mut faults: HashMap<ImportId, u32> = HashMap::new();
    while !stopping.is_cancelled() {
        if !run_open(&app, &mut faults, &stopping).await? {
            tokio::select! {
                () = app.import_queued.notified() => {}
                () = tokio::time::sleep(REST) => {}
                () = stopping.cancelled() => {}
            }
        }
    }
    Ok(())
}

/// Runs what is open and whose upload lies here; true if there may be more at once.
async fn run_open(
    app: &Arc<App>,
    faults: &mut HashMap<ImportId, u32>,
    stopping: &CancellationToken,
) -> anyhow::Result<bool> {
    let open = match db::imports::open(app.db.read(), app.db.engine()).await {
        Ok(open) => open,
        Err(error) => {
            tracing::warn!(
                error = format!("{error:#}"),
                "open imports cannot be read; trying again"
            );
            return Ok(false);
        }
    };
    // Another process's uploads lie on its own disk, and it runs them.
    let Some(job) = open.into_iter().find(|job| app.upload(job.id).exists()) else {
        return Ok(false);
    };
    let (id, unlucky) = (job.id, job.clone());
    match run_import::run(app, job, stopping).await {
        Ok(()) => {
            faults.remove(&id);
            Ok(true)
        }
        Err(error) => {
            let count = faults.entry(id).or_default();
            *count += 1;
            tracing::warn!(import = %id, tries = *count, error = format!("{error:#}"), "an import met a fault");
            if *count >= TRIES {
                give_up(app, &unlucky).await;
            }
            Ok(false)
        }
    }
}

async fn give_up(app: &Arc<App>, job: &Job) {
    let counts = job.progress.counts;
    if let Err(error) =
        run_import::end(app, job, counts, State::Failed, Some("import.internal")).await
    {
        tracing::error!(import = %job.id, error = format!("{error:#}"), "a failed import cannot be closed");
    }
}
