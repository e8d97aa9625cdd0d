//! The table `field_name`: which attributes a tenant's contacts have.

use chassis::{Engine, Tx};
use contract::TenantId;
use sea_orm::ConnectionTrait;

pub async fn add(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    names: impl Iterator<Item = impl AsRef<str>>,
) -> anyhow::Result<()> {
    let names: Vec<[String; 1]> = names.map(|name| [name.as_ref().to_string()]).collect();
    if names.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO field_name (tenant, name) SELECT $1, value->>0 FROM {} AS r WHERE true ON CONFLICT DO NOTHING",
        engine.rows("$2")
    );
    tx.execute_raw(engine.sql(
        sql,
        [tenant.uuid().into(), serde_json::to_string(&names)?.into()],
    ))
    .await?;
    Ok(())
}

pub async fn all(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
) -> anyhow::Result<Vec<String>> {
    let sql = "SELECT name FROM field_name WHERE tenant = $1 ORDER BY name";
    let rows = db
        .query_all_raw(engine.sql(sql, [tenant.uuid().into()]))
        .await?;
    rows.iter()
        .map(|row| Ok(row.try_get("", "name")?))
        .collect()
}
