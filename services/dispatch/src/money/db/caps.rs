//! `spend_cap` and `spend_account`.

use chassis::{Engine, Tx};
use contract::ids::CampaignId;
use sea_orm::{ConnectionTrait, Value};

use super::super::account::Account;
use super::super::budget::Cap;
use super::super::currency::Currency;
use super::super::period::Period;
use super::{of, of_stored, stored};

/// A cap, and the highest mark that was told of it.
#[derive(Debug, Clone)]
pub struct CapRow {
    pub cap: Cap,
    pub told_period: String,
    pub told_percent: i64,
}

/// An account's caps.
pub async fn of_account(
    engine: Engine,
    db: &impl ConnectionTrait,
    account: Account,
) -> anyhow::Result<Vec<CapRow>> {
    let sql = "SELECT campaign, period, micros, currency, told_period, told_percent FROM spend_cap \
               WHERE tenant = $1 AND mode = $2 ORDER BY campaign, period";
    let mut caps = Vec::new();
    for row in db.query_all_raw(engine.sql(sql, of(account))).await? {
        let (period, currency): (String, String) =
            (row.try_get("", "period")?, row.try_get("", "currency")?);
        let (Some(period), Some(currency)) = (Period::parse(&period), Currency::parse(&currency))
        else {
            continue;
        };
        caps.push(CapRow {
            cap: Cap {
                campaign: of_stored(CampaignId::from_uuid(row.try_get("", "campaign")?)),
                period,
                micros: row.try_get("", "micros")?,
                currency,
            },
            told_period: row.try_get("", "told_period")?,
            told_percent: row.try_get("", "told_percent")?,
        });
    }
    Ok(caps)
}

/// Waits for other processes that take budget of the account.
pub async fn lock(engine: Engine, tx: &Tx, account: Account) -> anyhow::Result<()> {
    let sql = format!(
        "SELECT mode FROM spend_account WHERE tenant = $1 AND mode = $2{}",
        engine.for_update()
    );
    tx.query_all_raw(engine.sql(sql, of(account))).await?;
    Ok(())
}

/// Sets a cap, or another amount for it. It may be told anew that it is nearly reached.
pub async fn put(engine: Engine, tx: &Tx, account: Account, cap: &Cap) -> anyhow::Result<()> {
    let sql = "INSERT INTO spend_account (tenant, mode) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    tx.execute_raw(engine.sql(sql, of(account))).await?;
    let sql = "INSERT INTO spend_cap (tenant, mode, campaign, period, micros, currency, told_period, told_percent) \
               VALUES ($1, $2, $3, $4, $5, $6, '', 0) ON CONFLICT (tenant, mode, campaign, period) DO UPDATE \
               SET micros = excluded.micros, currency = excluded.currency, told_period = '', told_percent = 0";
    let mut values: Vec<Value> = of(account).into();
    values.extend([
        stored(cap.campaign).uuid().into(),
        cap.period.as_str().into(),
        cap.micros.into(),
        cap.currency.as_str().into(),
    ]);
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// Whether there was one.
pub async fn remove(
    engine: Engine,
    tx: &Tx,
    account: Account,
    campaign: Option<CampaignId>,
    period: Period,
) -> anyhow::Result<bool> {
    let sql =
        "DELETE FROM spend_cap WHERE tenant = $1 AND mode = $2 AND campaign = $3 AND period = $4";
    let mut values: Vec<Value> = of(account).into();
    values.extend([stored(campaign).uuid().into(), period.as_str().into()]);
    let done = tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(done.rows_affected() > 0)
}

/// Remembers that a mark was told.
pub async fn told(
    engine: Engine,
    tx: &Tx,
    account: Account,
    cap: &Cap,
    period: &str,
    percent: i64,
) -> anyhow::Result<()> {
    let sql = "UPDATE spend_cap SET told_period = $5, told_percent = $6 \
               WHERE tenant = $1 AND mode = $2 AND campaign = $3 AND period = $4";
    let mut values: Vec<Value> = of(account).into();
    values.extend([
        stored(cap.campaign).uuid().into(),
        cap.period.as_str().into(),
        period.into(),
        percent.into(),
    ]);
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// The currencies that an account's prices and caps are in: one, or nothing can be held against a cap.
pub async fn currencies(
    engine: Engine,
    db: &impl ConnectionTrait,
    account: Account,
) -> anyhow::Result<Vec<String>> {
    let sql = "SELECT currency FROM price WHERE tenant = $1 AND mode = $2 \
               UNION SELECT currency FROM spend_cap WHERE tenant = $1 AND mode = $2 ORDER BY 1";
    let rows = db.query_all_raw(engine.sql(sql, of(account))).await?;
    let read = rows.iter().map(|row| Ok(row.try_get("", "currency")?));
    read.collect()
}
