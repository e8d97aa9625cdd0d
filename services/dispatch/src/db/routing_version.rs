//! `routing_version`: tells every dispatcher that routes, pools or operators have changed.

use chassis::{Engine, Tx};
use sea_orm::{ConnectionTrait, DatabaseConnection};

/// In the transaction of the change itself.
pub async fn raise(engine: Engine, tx: &Tx) -> anyhow::Result<()> {
    let sql = "UPDATE routing_version SET version = version + 1 WHERE one = 1";
    tx.execute_raw(engine.sql(sql, [])).await?;
    Ok(())
}

pub async fn current(engine: Engine, db: &DatabaseConnection) -> anyhow::Result<i64> {
    let sql = "SELECT version FROM routing_version WHERE one = 1";
    match db.query_one_raw(engine.sql(sql, [])).await? {
        Some(row) => Ok(row.try_get("", "version")?),
        None => Ok(0),
    }
}
