//! The table `import_job`.

use anyhow::Context;
use chassis::{Engine, Tx};
use contract::{ImportId, ListId, TenantId};
use sea_orm::{ConnectionTrait, QueryResult, Value};
use uuid::Uuid;

use crate::import_job::{Counts, Job, Progress, State};

const COLUMNS: &str = "id, tenant, state, list, dry_run, settings, file_bytes, next_offset, next_line, row_count, created, \
                       updated, rejected, duplicates, errors_bytes, failure, created_at, finished_at";

fn read(row: &QueryResult) -> anyhow::Result<Job> {
    let number = |column: &str| -> anyhow::Result<u64> {
        Ok(u64::try_from(row.try_get::<i64>("", column)?)?)
    };
    let state: String = row.try_get("", "state")?;
    let settings: String = row.try_get("", "settings")?;
    let counts = Counts {
        rows: number("row_count")?,
        created: number("created")?,
        updated: number("updated")?,
        duplicates: number("duplicates")?,
        rejected: number("rejected")?,
    };
    Ok(Job {
        id: ImportId::from_uuid(row.try_get("", "id")?),
        tenant: TenantId::from_uuid(row.try_get("", "tenant")?),
        state: State::parse(&state).with_context(|| format!("unknown import state {state}"))?,
        list: row
            .try_get::<Option<Uuid>>("", "list")?
            .map(ListId::from_uuid),
        dry_run: row.try_get("", "dry_run")?,
        settings: serde_json::from_str(&settings)?,
        file_bytes: number("file_bytes")?,
        progress: Progress {
            offset: number("next_offset")?,
            line: number("next_line")?,
            errors_bytes: number("errors_bytes")?,
            counts,
        },
        failure: row.try_get("", "failure")?,
        created_at: row.try_get("", "created_at")?,
        finished_at: row.try_get("", "finished_at")?,
    })
}

fn big(number: u64) -> Value {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}

pub async fn insert(tx: &Tx, engine: Engine, job: &Job) -> anyhow::Result<()> {
    let sql = format!(
        "INSERT INTO import_job ({COLUMNS}) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, 0, 0, 0, NULL, $10, NULL)"
    );
    let values: [Value; 10] = [
        job.id.uuid().into(),
        job.tenant.uuid().into(),
        job.state.as_str().into(),
        job.list.map(ListId::uuid).into(),
        job.dry_run.into(),
        serde_json::to_string(&job.settings)?.into(),
        big(job.file_bytes),
        big(job.progress.offset),
        big(job.progress.line),
        job.created_at.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

pub async fn by_id(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    id: ImportId,
) -> anyhow::Result<Option<Job>> {
    let sql = format!("SELECT {COLUMNS} FROM import_job WHERE tenant = $1 AND id = $2");
    let row = db
        .query_one_raw(engine.sql(sql, [tenant.uuid().into(), id.uuid().into()]))
        .await?;
    row.as_ref().map(read).transpose()
}

/// Imports before a cursor, newest first.
pub async fn page(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    before: ImportId,
    limit: i64,
) -> anyhow::Result<Vec<Job>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM import_job WHERE tenant = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
    );
    let values = [tenant.uuid().into(), before.uuid().into(), limit.into()];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

/// Imports of all tenants that have not ended, oldest first.
pub async fn open(db: &impl ConnectionTrait, engine: Engine) -> anyhow::Result<Vec<Job>> {
    let sql = format!("SELECT {COLUMNS} FROM import_job WHERE finished_at IS NULL ORDER BY id");
    let rows = db.query_all_raw(engine.sql(sql, [])).await?;
    rows.iter().map(read).collect()
}

/// Takes the import for a transaction: queued or running → running. False, and nothing may be written, if it
/// has ended or another worker has moved it on from `offset`.
pub async fn hold(tx: &Tx, engine: Engine, id: ImportId, offset: u64) -> anyhow::Result<bool> {
    let sql = "UPDATE import_job SET state = 'running' WHERE id = $1 AND next_offset = $2 AND finished_at IS NULL";
    Ok(tx
        .execute_raw(engine.sql(sql, [id.uuid().into(), big(offset)]))
        .await?
        .rows_affected()
        > 0)
}

/// Records how far a held import has come.
pub async fn advance(tx: &Tx, engine: Engine, id: ImportId, to: &Progress) -> anyhow::Result<()> {
    let sql = "UPDATE import_job SET next_offset = $2, next_line = $3, row_count = $4, created = $5, updated = $6, \
               rejected = $7, duplicates = $8, errors_bytes = $9 WHERE id = $1";
    let counts = &to.counts;
    let values: [Value; 9] = [
        id.uuid().into(),
        big(to.offset),
        big(to.line),
        big(counts.rows),
        big(counts.created),
        big(counts.updated),
        big(counts.rejected),
        big(counts.duplicates),
        big(to.errors_bytes),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// Ends an import that has not ended; false if it had.
pub async fn finish(
    tx: &Tx,
    engine: Engine,
    id: ImportId,
    state: State,
    failure: Option<&str>,
    now: i64,
) -> anyhow::Result<bool> {
    let sql = "UPDATE import_job SET state = $2, failure = $3, finished_at = $4 WHERE id = $1 AND finished_at IS NULL";
    let values: [Value; 4] = [
        id.uuid().into(),
        state.as_str().into(),
        failure.map(ToString::to_string).into(),
        now.into(),
    ];
    Ok(tx
        .execute_raw(engine.sql(sql, values))
        .await?
        .rows_affected()
        > 0)
}
