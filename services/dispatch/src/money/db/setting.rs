//! `money_setting`: what an account set for itself, as JSON by name.

use chassis::{Engine, Tx};
use sea_orm::{ConnectionTrait, Value};

use super::super::account::Account;
use super::of;

/// Two-letter codes of the countries that may be texted.
pub const COUNTRIES: &str = "countries";
/// [`super::super::limits::VelocityLimits`].
pub const LIMITS: &str = "velocity_limits";

pub async fn put(
    engine: Engine,
    tx: &Tx,
    account: Account,
    name: &str,
    body: String,
) -> anyhow::Result<()> {
    let sql = "INSERT INTO money_setting (tenant, mode, name, body) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (tenant, mode, name) DO UPDATE SET body = excluded.body";
    let mut values: Vec<Value> = of(account).into();
    values.extend([name.into(), body.into()]);
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

pub async fn remove(engine: Engine, tx: &Tx, account: Account, name: &str) -> anyhow::Result<()> {
    let sql = "DELETE FROM money_setting WHERE tenant = $1 AND mode = $2 AND name = $3";
    let mut values: Vec<Value> = of(account).into();
    values.push(name.into());
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}
