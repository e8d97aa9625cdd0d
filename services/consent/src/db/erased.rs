//! `erased`: keyed hashes of numbers whose person was erased.

use ahash::AHashMap;
use chassis::Engine;
use contract::TenantId;
use sea_orm::ConnectionTrait;

/// Those of `people` (keyed hashes) that were erased, with the revision their ledger had reached.
pub async fn among(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    people: &[[u8; 32]],
) -> anyhow::Result<AHashMap<[u8; 32], i64>> {
    if people.is_empty() {
        return Ok(AHashMap::new());
    }
    let rows: Vec<[String; 1]> = people.iter().map(|person| [hex::encode(person)]).collect();
    let sql = format!(
        "SELECT person, revision FROM erased WHERE tenant = $1 AND person IN (SELECT {} FROM {} AS r)",
        engine.bytes("value->>0"),
        engine.rows("$2")
    );
    let values = [tenant.uuid().into(), serde_json::to_string(&rows)?.into()];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter()
        .map(|row| {
            Ok((
                super::book::bytes(row, "person")?,
                row.try_get("", "revision")?,
            ))
        })
        .collect()
}

pub async fn insert(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    person: &[u8; 32],
    at: i64,
    revision: i64,
) -> anyhow::Result<()> {
    let sql = "INSERT INTO erased (tenant, person, at, revision) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (tenant, person) DO UPDATE SET at = excluded.at, revision = excluded.revision";
    let values = [
        tenant.uuid().into(),
        person.to_vec().into(),
        at.into(),
        revision.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// The person has come back by themselves.
pub async fn lift(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    person: &[u8; 32],
) -> anyhow::Result<()> {
    let sql = "DELETE FROM erased WHERE tenant = $1 AND person = $2";
    let values = [tenant.uuid().into(), person.to_vec().into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// Was anybody of the tenant ever erased?
pub async fn any(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
) -> anyhow::Result<bool> {
    let sql = "SELECT at FROM erased WHERE tenant = $1 LIMIT 1";
    let found = db.query_one_raw(engine.sql(sql, [tenant.uuid().into()]));
    Ok(found.await?.is_some())
}
