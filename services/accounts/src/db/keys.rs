//! The table `api_key`.

use anyhow::Context;
use chassis::{Engine, Tx};
use contract::accounts::Caller;
use contract::{KeyId, Mode, TenantId};
use sea_orm::{ConnectionTrait, QueryResult, Value};

#[derive(Debug, Clone)]
pub struct Key {
    pub id: KeyId,
    pub mode: Mode,
    pub name: String,
    /// First characters of the key.
    pub prefix: String,
    pub created_at: i64,
    pub revoked_at: Option<i64>,
}

fn mode(row: &QueryResult) -> anyhow::Result<Mode> {
    let text: String = row.try_get("", "mode")?;
    Mode::parse(&text).with_context(|| format!("unknown mode {text}"))
}

fn read(row: &QueryResult) -> anyhow::Result<Key> {
    Ok(Key {
        id: KeyId::from_uuid(row.try_get("", "id")?),
        mode: mode(row)?,
        name: row.try_get("", "name")?,
        prefix: row.try_get("", "prefix")?,
        created_at: row.try_get("", "created_at")?,
        revoked_at: row.try_get("", "revoked_at")?,
    })
}

pub async fn insert(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    key: &Key,
    sha256: &str,
) -> anyhow::Result<()> {
    let sql = "INSERT INTO api_key (id, tenant, sha256, prefix, mode, name, created_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values: [Value; 7] = [
        key.id.uuid().into(),
        tenant.uuid().into(),
        sha256.into(),
        key.prefix.clone().into(),
        key.mode.as_str().into(),
        key.name.clone().into(),
        key.created_at.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// Who stands behind a key that is not revoked?
pub async fn verify(
    db: &impl ConnectionTrait,
    engine: Engine,
    sha256: &str,
) -> anyhow::Result<Option<Caller>> {
    let sql = "SELECT id, tenant, mode FROM api_key WHERE sha256 = $1 AND revoked_at IS NULL";
    let Some(row) = db.query_one_raw(engine.sql(sql, [sha256.into()])).await? else {
        return Ok(None);
    };
    Ok(Some(Caller {
        tenant: TenantId::from_uuid(row.try_get("", "tenant")?),
        key: KeyId::from_uuid(row.try_get("", "id")?),
        mode: mode(&row)?,
    }))
}

/// Keys after a cursor, ascending by id.
pub async fn page(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    after: KeyId,
    limit: i64,
) -> anyhow::Result<Vec<Key>> {
    let sql = "SELECT id, mode, name, prefix, created_at, revoked_at FROM api_key WHERE tenant = $1 AND id > $2 \
               ORDER BY id LIMIT $3";
    let values: [Value; 3] = [tenant.uuid().into(), after.uuid().into(), limit.into()];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

pub async fn by_id(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    id: KeyId,
) -> anyhow::Result<Option<Key>> {
    let sql = "SELECT id, mode, name, prefix, created_at, revoked_at FROM api_key WHERE tenant = $1 AND id = $2";
    let row = db
        .query_one_raw(engine.sql(sql, [tenant.uuid().into(), id.uuid().into()]))
        .await?;
    row.as_ref().map(read).transpose()
}

/// Revokes a key; the first time counts.
pub async fn revoke(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    id: KeyId,
    now: i64,
) -> anyhow::Result<()> {
    let sql =
        "UPDATE api_key SET revoked_at = $3 WHERE tenant = $1 AND id = $2 AND revoked_at IS NULL";
    tx.execute_raw(engine.sql(sql, [tenant.uuid().into(), id.uuid().into(), now.into()]))
        .await?;
    Ok(())
}
