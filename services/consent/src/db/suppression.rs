//! `suppression`: the tenant's own list of whom not to text.

use anyhow::Context;
use chassis::Engine;
use contract::{Phone, SuppressionId, TenantId};
use sea_orm::{ConnectionTrait, QueryResult};

use super::{digits, hex};

#[derive(Debug, Clone)]
pub struct Suppression {
    pub id: SuppressionId,
    pub phone: Phone,
    /// [`crate::standing::Scope`] in words.
    pub scope: String,
    pub source: String,
    pub note: String,
    pub created_at: i64,
}

/// Adds entries; one that is there already stays as it is.
pub async fn add(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    new: &[Suppression],
) -> anyhow::Result<()> {
    let rows: Vec<_> = new
        .iter()
        .map(|one| {
            (
                hex(one.id),
                digits(one.phone),
                &one.scope,
                &one.source,
                &one.note,
                one.created_at,
            )
        })
        .collect();
    let sql = format!(
        "INSERT INTO suppression (tenant, id, phone, scope, source, note, created_at) \
         SELECT $1, {}, CAST(value->>1 AS BIGINT), value->>2, value->>3, value->>4, CAST(value->>5 AS BIGINT) \
         FROM {} AS r WHERE true ON CONFLICT DO NOTHING",
        engine.uuid("value->>0"),
        engine.rows("$2")
    );
    let values = [tenant.uuid().into(), serde_json::to_string(&rows)?.into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

const COLUMNS: &str = "id, phone, scope, source, note, created_at";

pub async fn list(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    after: Option<SuppressionId>,
    limit: u32,
) -> anyhow::Result<Vec<Suppression>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM suppression WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3"
    );
    let after = after.unwrap_or(SuppressionId::from_raw(0));
    let values = [
        tenant.uuid().into(),
        after.uuid().into(),
        i64::from(limit).into(),
    ];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

pub async fn find(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    id: SuppressionId,
) -> anyhow::Result<Option<Suppression>> {
    let sql = format!("SELECT {COLUMNS} FROM suppression WHERE tenant = $1 AND id = $2");
    let row = db
        .query_one_raw(engine.sql(sql, [tenant.uuid().into(), id.uuid().into()]))
        .await?;
    row.as_ref().map(read).transpose()
}

pub async fn of_person(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phone: Phone,
) -> anyhow::Result<Vec<Suppression>> {
    let sql =
        format!("SELECT {COLUMNS} FROM suppression WHERE tenant = $1 AND phone = $2 ORDER BY id");
    let values = [tenant.uuid().into(), digits(phone).into()];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

/// False when it was not there.
pub async fn remove(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    id: SuppressionId,
) -> anyhow::Result<bool> {
    let sql = "DELETE FROM suppression WHERE tenant = $1 AND id = $2";
    let gone = tx.execute_raw(engine.sql(sql, [tenant.uuid().into(), id.uuid().into()]));
    Ok(gone.await?.rows_affected() > 0)
}

/// Every entry of these people.
pub async fn among(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phones: impl Iterator<Item = Phone>,
) -> anyhow::Result<Vec<Suppression>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM suppression WHERE tenant = $1 \
         AND phone IN (SELECT CAST(r.value->>0 AS BIGINT) FROM {} AS r)",
        engine.rows("$2")
    );
    let values = [tenant.uuid().into(), super::phone_rows(phones).into()];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

/// Takes one person off; an erasure suppresses by hash instead.
pub async fn erase(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phone: Phone,
) -> anyhow::Result<()> {
    let sql = "DELETE FROM suppression WHERE tenant = $1 AND phone = $2";
    tx.execute_raw(engine.sql(sql, [tenant.uuid().into(), digits(phone).into()]))
        .await?;
    Ok(())
}

fn read(row: &QueryResult) -> anyhow::Result<Suppression> {
    Ok(Suppression {
        id: SuppressionId::from_uuid(row.try_get("", "id")?),
        phone: super::phone(row.try_get("", "phone")?).context("a stored number is none")?,
        scope: row.try_get("", "scope")?,
        source: row.try_get("", "source")?,
        note: row.try_get("", "note")?,
        created_at: row.try_get("", "created_at")?,
    })
}
