//! `policy_version`, `policy_active`, `policy_activation`, `policy_text`: the tenants' own policy sets.

use chassis::Engine;
use contract::TenantId;
use sea_orm::{ConnectionTrait, QueryResult};

/// One version as it stands.
#[derive(Debug, Clone)]
pub struct Version {
    pub version: i64,
    /// [`crate::parameters::Parameters`] as JSON.
    pub parameters: String,
    pub forbids: String,
    pub note: String,
    pub hash: Vec<u8>,
    pub created_at: i64,
}

/// Adds the next version; its number.
pub async fn add(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    new: &Version,
) -> anyhow::Result<i64> {
    let sql = "INSERT INTO policy_version (tenant, version, parameters, forbids, note, hash, created_at) \
               SELECT $1, COALESCE(MAX(version), 0) + 1, $2, $3, $4, $5, $6 FROM policy_version WHERE tenant = $1 \
               RETURNING version";
    let values = [
        tenant.uuid().into(),
        new.parameters.clone().into(),
        new.forbids.clone().into(),
        new.note.clone().into(),
        new.hash.clone().into(),
        new.created_at.into(),
    ];
    let row = tx.query_one_raw(engine.sql(sql, values)).await?;
    let row = row.ok_or_else(|| anyhow::anyhow!("no version was returned"))?;
    Ok(row.try_get_by_index(0)?)
}

pub async fn find(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    version: i64,
) -> anyhow::Result<Option<Version>> {
    let sql = "SELECT version, parameters, forbids, note, hash, created_at FROM policy_version \
               WHERE tenant = $1 AND version = $2";
    let row = db
        .query_one_raw(engine.sql(sql, [tenant.uuid().into(), version.into()]))
        .await?;
    row.as_ref().map(read).transpose()
}

/// Newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    below: i64,
    limit: u32,
) -> anyhow::Result<Vec<Version>> {
    let sql = "SELECT version, parameters, forbids, note, hash, created_at FROM policy_version \
               WHERE tenant = $1 AND version < $2 ORDER BY version DESC LIMIT $3";
    let values = [tenant.uuid().into(), below.into(), i64::from(limit).into()];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

/// The version in force; 0 for the pack alone.
pub async fn active(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
) -> anyhow::Result<i64> {
    let sql = "SELECT version FROM policy_active WHERE tenant = $1";
    let row = db
        .query_one_raw(engine.sql(sql, [tenant.uuid().into()]))
        .await?;
    Ok(row
        .map(|row| row.try_get_by_index(0))
        .transpose()?
        .unwrap_or(0))
}

/// The version that was in force at an instant.
pub async fn active_at(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    at: i64,
) -> anyhow::Result<i64> {
    let sql = "SELECT version FROM policy_activation WHERE tenant = $1 AND at <= $2 ORDER BY at DESC LIMIT 1";
    let row = db
        .query_one_raw(engine.sql(sql, [tenant.uuid().into(), at.into()]))
        .await?;
    Ok(row
        .map(|row| row.try_get_by_index(0))
        .transpose()?
        .unwrap_or(0))
}

/// Puts a version in force from the commit on; the one that was before.
pub async fn activate(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    version: i64,
    now: i64,
) -> anyhow::Result<i64> {
    let before = active(tx, engine, tenant).await?;
    let sql = "INSERT INTO policy_active (tenant, version, at) VALUES ($1, $2, $3) \
               ON CONFLICT (tenant) DO UPDATE SET version = excluded.version, at = excluded.at";
    let values = [tenant.uuid().into(), version.into(), now.into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    // Never at the instant of an earlier one, so that each is a row that can be gone back from.
    let sql = "INSERT INTO policy_activation (tenant, at, version, before) \
               SELECT $1, GREATEST_OF, CAST($3 AS BIGINT), CAST($4 AS BIGINT) FROM policy_activation WHERE tenant = $1";
    let later = "CASE WHEN COALESCE(MAX(at), 0) >= CAST($2 AS BIGINT) THEN MAX(at) + 1 ELSE CAST($2 AS BIGINT) END";
    let sql = sql.replace("GREATEST_OF", later);
    let values = [
        tenant.uuid().into(),
        now.into(),
        version.into(),
        before.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(before)
}

/// What was in force before the last activation.
pub async fn before(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
) -> anyhow::Result<Option<i64>> {
    let sql = "SELECT before FROM policy_activation WHERE tenant = $1 ORDER BY at DESC LIMIT 1";
    let row = db
        .query_one_raw(engine.sql(sql, [tenant.uuid().into()]))
        .await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

/// Keeps a policy set in full, as evidence.
pub async fn keep_text(
    tx: &impl ConnectionTrait,
    engine: Engine,
    hash: &[u8; 32],
    body: &str,
    now: i64,
) -> anyhow::Result<()> {
    let sql = "INSERT INTO policy_text (hash, body, first_seen) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let values = [hash.to_vec().into(), body.into(), now.into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// A policy set in full.
pub async fn text(
    db: &impl ConnectionTrait,
    engine: Engine,
    hash: &[u8],
) -> anyhow::Result<Option<String>> {
    let sql = "SELECT body FROM policy_text WHERE hash = $1";
    let row = db
        .query_one_raw(engine.sql(sql, [hash.to_vec().into()]))
        .await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

fn read(row: &QueryResult) -> anyhow::Result<Version> {
    Ok(Version {
        version: row.try_get("", "version")?,
        parameters: row.try_get("", "parameters")?,
        forbids: row.try_get("", "forbids")?,
        note: row.try_get("", "note")?,
        hash: row.try_get("", "hash")?,
        created_at: row.try_get("", "created_at")?,
    })
}
