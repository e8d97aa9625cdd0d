//! The table `segment`, as walks through all contacts see it.

use chassis::{Engine, Tx};
use contract::{ContactId, SegmentId, TenantId};
use sea_orm::ConnectionTrait;

use crate::segment::standing::Walk;

/// A segment whose contacts are being walked through.
pub async fn open(
    db: &impl ConnectionTrait,
    engine: Engine,
) -> anyhow::Result<Option<(TenantId, SegmentId)>> {
    let sql = "SELECT tenant, id FROM segment WHERE walk IS NOT NULL ORDER BY id LIMIT 1";
    let row = db.query_one_raw(engine.sql(sql, [])).await?;
    row.map(|row| {
        Ok((
            TenantId::from_uuid(row.try_get("", "tenant")?),
            SegmentId::from_uuid(row.try_get("", "id")?),
        ))
    })
    .transpose()
}

/// Walks again where the time has come.
pub async fn begin_due(tx: &Tx, engine: Engine, now: i64) -> anyhow::Result<u64> {
    let sql = "UPDATE segment SET walk = $1, walk_cursor = NULL, due_at = NULL \
               WHERE due_at <= $2 AND walk IS NULL";
    let values = [Walk::Again.as_str().into(), now.into()];
    let done = tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(done.rows_affected())
}

/// Whether the time of any has come.
pub async fn any_due(db: &impl ConnectionTrait, engine: Engine, now: i64) -> anyhow::Result<bool> {
    let sql = "SELECT 1 AS one FROM segment WHERE due_at <= $1 AND walk IS NULL LIMIT 1";
    let row = db.query_one_raw(engine.sql(sql, [now.into()])).await?;
    Ok(row.is_some())
}

/// Segments that speak of lists are walked through again: a list has gone with all who were on it. One that is being
/// walked through is, after that.
pub async fn lists_changed(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    now: i64,
) -> anyhow::Result<()> {
    let sql = "UPDATE segment SET due_at = $1 WHERE tenant = $2 AND by_lists = $3";
    let values = [now.into(), tenant.uuid().into(), true.into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

pub async fn advance(
    tx: &Tx,
    engine: Engine,
    id: SegmentId,
    cursor: ContactId,
) -> anyhow::Result<()> {
    let sql = "UPDATE segment SET walk_cursor = $1 WHERE id = $2";
    tx.execute_raw(engine.sql(sql, [cursor.uuid().into(), id.uuid().into()]))
        .await?;
    Ok(())
}

/// Everybody was looked at. `again_at`: the next walk, unless something has asked for one before.
pub async fn finish(
    tx: &Tx,
    engine: Engine,
    id: SegmentId,
    now: i64,
    again_at: Option<i64>,
) -> anyhow::Result<()> {
    let sql = "UPDATE segment SET walk = NULL, walk_cursor = NULL, complete_at = $1, \
               due_at = COALESCE(due_at, $2) WHERE id = $3";
    let values = [now.into(), again_at.into(), id.uuid().into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}
