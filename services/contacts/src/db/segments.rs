//! The table `segment`.

use chassis::{Engine, Tx};
use contract::{ContactId, SegmentId, TenantId};
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use crate::segment::standing::{Standing, Walk};

/// A segment as it is kept.
#[derive(Debug, Clone)]
pub struct Segment {
    pub name: String,
    pub standing: Standing,
    /// When all contacts had last been looked at, Unix milliseconds.
    pub complete_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
}

const STANDING: &str = "id, expression, revision, by_lists, by_time, walk, walk_cursor";
const COLUMNS: &str = "id, expression, revision, by_lists, by_time, walk, walk_cursor, name, complete_at, created_at, \
                       updated_at";

fn standing(row: &QueryResult) -> anyhow::Result<Standing> {
    let walk: Option<String> = row.try_get("", "walk")?;
    let cursor: Option<Uuid> = row.try_get("", "walk_cursor")?;
    Ok(Standing {
        id: SegmentId::from_uuid(row.try_get("", "id")?),
        expression: row.try_get("", "expression")?,
        revision: row.try_get("", "revision")?,
        by_lists: row.try_get("", "by_lists")?,
        by_time: row.try_get("", "by_time")?,
        walk: walk.as_deref().map(Walk::read).transpose()?,
        cursor: cursor.map(ContactId::from_uuid),
    })
}

fn read(row: &QueryResult) -> anyhow::Result<Segment> {
    Ok(Segment {
        name: row.try_get("", "name")?,
        standing: standing(row)?,
        complete_at: row.try_get("", "complete_at")?,
        created_at: row.try_get("", "created_at")?,
        updated_at: row.try_get("", "updated_at")?,
    })
}

/// Until the transaction ends, no segment of the tenant is defined anew: a change of a contact follows all that
/// there are, and a walk finds all contacts that were changed without it. SQLite has one writer and needs no lock.
pub async fn hold(tx: &Tx, engine: Engine, tenant: TenantId) -> anyhow::Result<()> {
    lock(tx, engine, tenant, "pg_advisory_xact_lock_shared").await
}

/// Waits until nobody holds the tenant's segments.
pub async fn wait_for_changes(tx: &Tx, engine: Engine, tenant: TenantId) -> anyhow::Result<()> {
    lock(tx, engine, tenant, "pg_advisory_xact_lock").await
}

async fn lock(tx: &Tx, engine: Engine, tenant: TenantId, how: &str) -> anyhow::Result<()> {
    if engine == Engine::Postgres {
        let sql = format!("SELECT {how}(hashtextextended($1, 0))");
        let key = format!("contacts.segments.{tenant}");
        tx.execute_raw(engine.sql(sql, [key.into()])).await?;
    }
    Ok(())
}

/// All segments of a tenant, as far as changes of contacts are concerned.
pub async fn standings(tx: &Tx, engine: Engine, tenant: TenantId) -> anyhow::Result<Vec<Standing>> {
    let sql = format!("SELECT {STANDING} FROM segment WHERE tenant = $1 ORDER BY id");
    let rows = tx
        .query_all_raw(engine.sql(sql, [tenant.uuid().into()]))
        .await?;
    rows.iter().map(standing).collect()
}

pub async fn by_id(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    id: SegmentId,
) -> anyhow::Result<Option<Segment>> {
    find(db, engine, tenant, id, "").await
}

pub async fn by_id_for_update(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    id: SegmentId,
) -> anyhow::Result<Option<Segment>> {
    find(tx, engine, tenant, id, engine.for_update()).await
}

async fn find(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    id: SegmentId,
    lock: &str,
) -> anyhow::Result<Option<Segment>> {
    let sql = format!("SELECT {COLUMNS} FROM segment WHERE tenant = $1 AND id = $2{lock}");
    let row = db
        .query_one_raw(engine.sql(sql, [tenant.uuid().into(), id.uuid().into()]))
        .await?;
    row.as_ref().map(read).transpose()
}

/// Segments after a cursor, ascending by id.
pub async fn page(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    after: SegmentId,
    limit: i64,
) -> anyhow::Result<Vec<Segment>> {
    let sql =
        format!("SELECT {COLUMNS} FROM segment WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3");
    let values = [tenant.uuid().into(), after.uuid().into(), limit.into()];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

pub async fn count(tx: &Tx, engine: Engine, tenant: TenantId) -> anyhow::Result<i64> {
    let sql = "SELECT COUNT(*) AS segments FROM segment WHERE tenant = $1";
    let row = tx
        .query_one_raw(engine.sql(sql, [tenant.uuid().into()]))
        .await?;
    let count = row.map(|row| row.try_get("", "segments")).transpose()?;
    Ok(count.unwrap_or(0))
}

/// Another segment of this name.
pub async fn namesake(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    name: &str,
    id: SegmentId,
) -> anyhow::Result<Option<SegmentId>> {
    let sql = "SELECT id FROM segment WHERE tenant = $1 AND name = $2 AND id <> $3";
    let values = [tenant.uuid().into(), name.into(), id.uuid().into()];
    let row = tx.query_one_raw(engine.sql(sql, values)).await?;
    row.map(|row| Ok(SegmentId::from_uuid(row.try_get("", "id")?)))
        .transpose()
}

/// Writes a segment as it is now, new or known. False where its name has just been taken.
pub async fn put(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    segment: &Segment,
) -> anyhow::Result<bool> {
    let sql = "INSERT INTO segment (tenant, id, name, expression, revision, by_lists, by_time, walk, walk_cursor, \
               due_at, complete_at, created_at, updated_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, $10, $11, $12) \
               ON CONFLICT (id) DO UPDATE SET name = excluded.name, expression = excluded.expression, \
               revision = excluded.revision, by_lists = excluded.by_lists, by_time = excluded.by_time, \
               walk = excluded.walk, walk_cursor = excluded.walk_cursor, complete_at = excluded.complete_at, \
               updated_at = excluded.updated_at";
    let of = &segment.standing;
    let values = [
        tenant.uuid().into(),
        of.id.uuid().into(),
        segment.name.clone().into(),
        of.expression.clone().into(),
        of.revision.into(),
        of.by_lists.into(),
        of.by_time.into(),
        of.walk.map(|walk| walk.as_str().to_string()).into(),
        of.cursor.map(ContactId::uuid).into(),
        segment.complete_at.into(),
        segment.created_at.into(),
        segment.updated_at.into(),
    ];
    let done = tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(done.rows_affected() > 0)
}

/// Removes a segment and who was in it; false if there was none.
pub async fn delete(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    id: SegmentId,
) -> anyhow::Result<bool> {
    let segment = "DELETE FROM segment WHERE tenant = $1 AND id = $2";
    let done = tx
        .execute_raw(engine.sql(segment, [tenant.uuid().into(), id.uuid().into()]))
        .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    let members = "DELETE FROM segment_member WHERE segment = $1";
    tx.execute_raw(engine.sql(members, [id.uuid().into()]))
        .await?;
    Ok(true)
}
