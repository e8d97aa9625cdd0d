//! The table `tenant`.

use chassis::{Engine, Tx};
use contract::TenantId;
use sea_orm::ConnectionTrait;

#[derive(Debug, Clone)]
pub struct Tenant {
    pub id: TenantId,
    pub name: String,
    pub created_at: i64,
}

pub async fn any(db: &impl ConnectionTrait, engine: Engine) -> anyhow::Result<bool> {
    Ok(db
        .query_one_raw(engine.sql("SELECT id FROM tenant LIMIT 1", []))
        .await?
        .is_some())
}

pub async fn insert(
    tx: &Tx,
    engine: Engine,
    id: TenantId,
    name: &str,
    now: i64,
) -> anyhow::Result<()> {
    let sql = "INSERT INTO tenant (id, name, created_at) VALUES ($1, $2, $3)";
    tx.execute_raw(engine.sql(sql, [id.uuid().into(), name.into(), now.into()]))
        .await?;
    Ok(())
}

pub async fn by_id(
    db: &impl ConnectionTrait,
    engine: Engine,
    id: TenantId,
) -> anyhow::Result<Option<Tenant>> {
    let sql = "SELECT name, created_at FROM tenant WHERE id = $1";
    let row = db
        .query_one_raw(engine.sql(sql, [id.uuid().into()]))
        .await?;
    row.map(|row| {
        Ok(Tenant {
            id,
            name: row.try_get("", "name")?,
            created_at: row.try_get("", "created_at")?,
        })
    })
    .transpose()
}
