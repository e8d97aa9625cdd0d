//! `dispatcher`: who may ask for permits.

use chassis::Engine;
use sea_orm::ConnectionTrait;

/// The next epoch of a name. Whoever held it before is fenced from the commit on.
pub async fn register(
    tx: &impl ConnectionTrait,
    engine: Engine,
    name: &str,
) -> anyhow::Result<i64> {
    let sql = "INSERT INTO dispatcher (name, epoch) VALUES ($1, 1) \
               ON CONFLICT (name) DO UPDATE SET epoch = dispatcher.epoch + 1 RETURNING epoch";
    let row = tx.query_one_raw(engine.sql(sql, [name.into()])).await?;
    Ok(row
        .ok_or_else(|| anyhow::anyhow!("no epoch was returned"))?
        .try_get_by_index(0)?)
}
