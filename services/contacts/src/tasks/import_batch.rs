//! Writes one batch: people, list members, rejected rows and progress in one transaction.

use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use chassis::{Engine, Tx};
use contract::ContactId;

use super::read_batches::Batch;
use crate::app::App;
use crate::db;
use crate::error_report;
use crate::import_job::{Job, Progress};
use crate::import_plan::{Plan, Row, plan};
use crate::import_row::RowProblem;

/// Writes the batch and returns the new progress, or `None` if the import is no longer this worker's.
///
/// The rows of a batch can trade numbers or external ids among each other in an order that one statement
/// for all of them cannot follow. Such a batch is refused by the unique indexes and written row by row.
pub async fn write(
    app: &Arc<App>,
    job: &Arc<Job>,
    from: Progress,
    batch: Batch,
) -> anyhow::Result<Option<Progress>> {
    let batch = Arc::new(batch);
    let together = batch.rows.len().max(1);
    match attempt(app, job, from, &batch, together).await {
        Err(error) if together > 1 && is_unique_violation(&error) => {
            attempt(app, job, from, &batch, 1).await
        }
        outcome => outcome,
    }
}

fn is_unique_violation(error: &anyhow::Error) -> bool {
    let cause = error
        .downcast_ref::<sea_orm::DbErr>()
        .and_then(sea_orm::DbErr::sql_err);
    matches!(cause, Some(sea_orm::SqlErr::UniqueConstraintViolation(_)))
}

async fn attempt(
    app: &Arc<App>,
    job: &Arc<Job>,
    from: Progress,
    batch: &Arc<Batch>,
    together: usize,
) -> anyhow::Result<Option<Progress>> {
    let (app, job, batch) = (Arc::clone(app), Arc::clone(job), Arc::clone(batch));
    let db = app.db.clone();
    db.write(move |tx| Box::pin(async move { apply(tx, &app, &job, from, &batch, together).await }))
        .await
}

async fn apply(
    tx: &Tx,
    app: &App,
    job: &Job,
    from: Progress,
    batch: &Batch,
    together: usize,
) -> anyhow::Result<Option<Progress>> {
    let engine = app.db.engine();
    if !db::imports::hold(tx, engine, job.id, from.offset).await? {
        return Ok(None);
    }
    let now = app.clock.now();
    let mut to = Progress {
        offset: batch.next_offset,
        line: batch.next_line,
        ..from
    };
    let mut rejected = batch.rejected.clone();
    for rows in batch.rows.chunks(together) {
        let plan = plan_rows(tx, engine, job, now, rows).await?;
        // Updates first: they may free a number or an external id that a new contact takes.
        db::contacts::update(tx, engine, job.tenant, &plan.updated).await?;
        db::contacts::insert(tx, engine, job.tenant, &plan.created).await?;
        if let Some(list) = job.list {
            db::members::add(tx, engine, list, plan.people()).await?;
        }
        app.follower
            .changed(tx, job.tenant, plan.people(), now)
            .await?;
        count(&mut to, &plan);
        rejected.extend(plan.rejected);
    }
    to.counts.rows += (batch.rows.len() + batch.rejected.len()) as u64;
    to.counts.rejected += rejected.len() as u64;
    to.errors_bytes = append_errors(&app.errors_file(job.id), from.errors_bytes, rejected)?;
    db::imports::advance(tx, engine, job.id, &to).await?;
    Ok(Some(to))
}

async fn plan_rows(
    tx: &Tx,
    engine: Engine,
    job: &Job,
    now: chrono::DateTime<chrono::Utc>,
    rows: &[Row],
) -> anyhow::Result<Plan> {
    let people = rows.iter().map(|row| &row.person);
    let existing = db::contacts::matching(tx, engine, job.tenant, people).await?;
    // Ids of one millisecond are in no order; sorted, they keep the order of the file.
    let mut ids: Vec<ContactId> = rows.iter().map(|_| ContactId::at(now)).collect();
    ids.sort_unstable();
    let mut ids = ids.into_iter();
    let new_id = || ids.next().unwrap_or_else(|| ContactId::at(now));
    let millis = now.timestamp_millis();
    Ok(plan(job.id, millis, existing, rows.to_vec(), new_id))
}

/// Adds what a plan does to the counts, its rejected rows apart.
pub fn count(progress: &mut Progress, plan: &Plan) {
    let counts = &mut progress.counts;
    counts.created += plan.created.len() as u64;
    counts.updated += plan.known;
    counts.duplicates += plan.duplicates;
}

/// Appends to the errors file, which may hold more than was committed: that is cut off first. Returns the
/// new length, durable before the transaction that records it.
pub fn append_errors(
    path: &Path,
    length: u64,
    mut rejected: Vec<(u64, RowProblem)>,
) -> anyhow::Result<u64> {
    if rejected.is_empty() {
        return Ok(length);
    }
    rejected.sort_by_key(|(line, _)| *line);
    let mut text = if length == 0 {
        error_report::HEADER.to_string()
    } else {
        String::new()
    };
    text.extend(
        rejected
            .iter()
            .map(|(line, problem)| error_report::line(*line, problem)),
    );
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?;
    file.set_len(length)?;
    file.seek(SeekFrom::Start(length))?;
    file.write_all(text.as_bytes())?;
    file.sync_data()?;
    Ok(length + text.len() as u64)
}
