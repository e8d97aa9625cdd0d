//! One import, from where it stands to its end.

use std::collections::HashSet;
use std::sync::Arc;

use contract::contacts::ImportFinished;
use contract::{ContactId, Phone};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::import_batch::{self, append_errors};
use super::read_batches::{Batch, read_batches};
use crate::app::App;
use crate::db;
use crate::import_job::{Counts, Job, Progress, State, outcome};
use crate::import_plan::plan;

/// Batches read ahead.
const AHEAD: usize = 2;

/// Runs until the file is read, the import is cancelled or the process stops. Every batch is committed with
/// its progress, so that a run which ends anywhere is taken up where it ended.
pub async fn run(app: &Arc<App>, job: Job, stopping: &CancellationToken) -> anyhow::Result<()> {
    let job = Arc::new(job);
    let Some(mut progress) = begin(app, &job).await? else {
        return Ok(());
    };
    let mut seen = HashSet::new();
    let (sender, mut batches) = mpsc::channel(AHEAD);
    let (reader_job, from, path) = (Arc::clone(&job), progress, app.upload(job.id));
    let batch_rows = app.config.import_batch_rows;
    let reader = tokio::task::spawn_blocking(move || {
        read_batches(&path, &reader_job.settings, &from, batch_rows, &sender)
    });
    while let Some(batch) = batches.recv().await {
        if stopping.is_cancelled() {
            return Ok(());
        }
        let written = if job.dry_run {
            rehearse(app, &job, progress, batch, &mut seen).await?
        } else {
            import_batch::write(app, &job, progress, batch).await?
        };
        match written {
            Some(next) => progress = next,
            None => return Ok(()),
        }
    }
    reader.await??;
    finish(app, &job, progress.counts).await
}

/// Where to go on, or `None` if there is nothing left to do.
async fn begin(app: &Arc<App>, job: &Arc<Job>) -> anyhow::Result<Option<Progress>> {
    let (shared, job) = (Arc::clone(app), Arc::clone(job));
    let begun = app.db.write(move |tx| {
        Box::pin(async move {
            let engine = shared.db.engine();
            if !db::imports::hold(tx, engine, job.id, job.progress.offset).await? {
                return Ok(None);
            }
            if job.dry_run {
                // What it has seen it keeps in memory only, so it starts over.
                let (offset, line) = (job.settings.first_offset, job.settings.first_line);
                let afresh = Progress {
                    offset,
                    line,
                    errors_bytes: 0,
                    counts: Counts::default(),
                };
                db::imports::advance(tx, engine, job.id, &afresh).await?;
                return Ok(Some(afresh));
            }
            db::fields::add(
                tx,
                engine,
                job.tenant,
                job.settings.layout.attribute_names(),
            )
            .await?;
            Ok(Some(job.progress))
        })
    });
    begun.await
}

/// A batch of a dry run: everything is checked and counted, nothing is written but the progress.
async fn rehearse(
    app: &Arc<App>,
    job: &Arc<Job>,
    from: Progress,
    mut batch: Batch,
    seen: &mut HashSet<Phone>,
) -> anyhow::Result<Option<Progress>> {
    let (engine, now) = (app.db.engine(), app.clock.now());
    let mut to = Progress {
        offset: batch.next_offset,
        line: batch.next_line,
        ..from
    };
    to.counts.rows += (batch.rows.len() + batch.rejected.len()) as u64;
    let all = batch.rows.len();
    batch.rows.retain(|row| seen.insert(row.person.phone));
    to.counts.duplicates += (all - batch.rows.len()) as u64;
    let people = batch.rows.iter().map(|row| &row.person);
    let existing = db::contacts::matching(app.db.read(), engine, job.tenant, people).await?;
    let plan = plan(job.id, now.timestamp_millis(), existing, batch.rows, || {
        ContactId::at(now)
    });
    import_batch::count(&mut to, &plan);
    let rejected = [batch.rejected, plan.rejected].concat();
    to.counts.rejected += rejected.len() as u64;
    let shared = Arc::clone(app);
    let id = job.id;
    let kept = app.db.write(move |tx| {
        Box::pin(async move {
            if !db::imports::hold(tx, engine, id, from.offset).await? {
                return Ok(None);
            }
            to.errors_bytes = append_errors(&shared.errors_file(id), from.errors_bytes, rejected)?;
            db::imports::advance(tx, engine, id, &to).await?;
            Ok(Some(to))
        })
    });
    kept.await
}

async fn finish(app: &Arc<App>, job: &Arc<Job>, counts: Counts) -> anyhow::Result<()> {
    let (state, failure) = outcome(&counts);
    end(app, job, counts, state, failure).await
}

/// Ends an import, says so, and removes the upload.
pub async fn end(
    app: &Arc<App>,
    job: &Job,
    counts: Counts,
    state: State,
    failure: Option<&'static str>,
) -> anyhow::Result<()> {
    let (shared, id, tenant, dry_run) = (Arc::clone(app), job.id, job.tenant, job.dry_run);
    let ended = app.db.write(move |tx| {
        Box::pin(async move {
            let now = shared.clock.millis().0;
            let ended =
                db::imports::finish(tx, shared.db.engine(), id, state, failure, now).await?;
            if ended && !dry_run {
                let Counts {
                    created,
                    updated,
                    rejected,
                    ..
                } = counts;
                let finished = ImportFinished {
                    import: id,
                    created,
                    updated,
                    rejected,
                };
                shared.bus.say(tx, tenant, &finished).await?;
            }
            Ok(ended)
        })
    });
    if ended.await? {
        tracing::info!(
            import = %id, state = state.as_str(), rows = counts.rows, rejected = counts.rejected, "import ended"
        );
    }
    match std::fs::remove_file(app.upload(id)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
