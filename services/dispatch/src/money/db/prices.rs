//! `price`: the price tables of accounts.

use chassis::{Engine, Tx};
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult, Value};

use super::super::account::Account;
use super::super::currency::Currency;
use super::super::price::{Destination, Price};
use super::of;
use crate::db::ledger::hex;

/// Writes prices; one for the same destination, operator and instant takes the place of the old.
pub async fn put(
    engine: Engine,
    tx: &Tx,
    account: Account,
    prices: &[Price],
) -> anyhow::Result<()> {
    let lines: Vec<_> = prices
        .iter()
        .map(|price| {
            (
                &price.provider,
                price.destination.to_string(),
                &price.operator,
                price.effective_from,
                price.micros,
                price.currency.as_str(),
            )
        })
        .collect();
    let sql = format!(
        "INSERT INTO price (tenant, mode, provider, destination, operator, effective_from, micros, currency) \
         SELECT {}, $2, value->>0, value->>1, value->>2, CAST(value->>3 AS BIGINT), CAST(value->>4 AS BIGINT), value->>5 \
         FROM {} AS r WHERE true ON CONFLICT (tenant, mode, provider, destination, operator, effective_from) \
         DO UPDATE SET micros = excluded.micros, currency = excluded.currency",
        engine.uuid("$1"),
        engine.rows("$3")
    );
    let values = [
        hex(account.tenant.bytes()).into(),
        account.mode.as_str().into(),
        serde_json::to_string(&lines)?.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// Which prices; `None` is any.
#[derive(Debug, Clone, Default)]
pub struct Which {
    pub provider: Option<String>,
    pub destination: Option<Destination>,
    pub operator: Option<String>,
    pub effective_from: Option<i64>,
}

/// How many there were.
pub async fn remove(
    engine: Engine,
    tx: &Tx,
    account: Account,
    which: &Which,
) -> anyhow::Result<u64> {
    let mut sql = "DELETE FROM price WHERE tenant = $1 AND mode = $2".to_string();
    let mut values: Vec<Value> = of(account).into();
    let wanted: [(&str, Option<Value>); 4] = [
        ("provider", which.provider.clone().map(Into::into)),
        (
            "destination",
            which.destination.map(|to| to.to_string().into()),
        ),
        ("operator", which.operator.clone().map(Into::into)),
        ("effective_from", which.effective_from.map(Into::into)),
    ];
    for (column, value) in wanted {
        if let Some(value) = value {
            values.push(value);
            sql.push_str(&format!(" AND {column} = ${}", values.len()));
        }
    }
    Ok(tx
        .execute_raw(engine.sql(sql, values))
        .await?
        .rows_affected())
}

/// How many an account has.
pub async fn number(engine: Engine, tx: &Tx, account: Account) -> anyhow::Result<i64> {
    let sql = "SELECT COUNT(*) AS n FROM price WHERE tenant = $1 AND mode = $2";
    let row = tx.query_one_raw(engine.sql(sql, of(account))).await?;
    Ok(row.map_or(Ok(0), |row| row.try_get("", "n"))?)
}

/// Where a page starts: behind this price.
pub type After = (String, String, String, i64);

/// A page of prices, in ascending order.
pub async fn page(
    engine: Engine,
    db: &DatabaseConnection,
    account: Account,
    provider: Option<String>,
    after: Option<After>,
    most: u64,
) -> anyhow::Result<Vec<Price>> {
    let mut sql =
        "SELECT provider, destination, operator, effective_from, micros, currency FROM price \
                   WHERE tenant = $1 AND mode = $2"
            .to_string();
    let mut values: Vec<Value> = of(account).into();
    if let Some(provider) = provider {
        values.push(provider.into());
        sql.push_str(&format!(" AND provider = ${}", values.len()));
    }
    if let Some((provider, destination, operator, from)) = after {
        let n = values.len();
        values.extend([
            provider.into(),
            destination.into(),
            operator.into(),
            from.into(),
        ]);
        sql.push_str(&format!(
            " AND (provider, destination, operator, effective_from) > (${}, ${}, ${}, ${})",
            n + 1,
            n + 2,
            n + 3,
            n + 4
        ));
    }
    sql.push_str(&format!(
        " ORDER BY provider, destination, operator, effective_from LIMIT {most}"
    ));
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    rows.iter().map(read).collect()
}

/// Reads a row of `price`.
pub fn read(row: &QueryResult) -> anyhow::Result<Price> {
    let (destination, currency): (String, String) = (
        row.try_get("", "destination")?,
        row.try_get("", "currency")?,
    );
    let unreadable = || anyhow::anyhow!("a price cannot be read");
    Ok(Price {
        provider: row.try_get("", "provider")?,
        destination: Destination::parse(&destination).ok_or_else(unreadable)?,
        operator: row.try_get("", "operator")?,
        micros: row.try_get("", "micros")?,
        currency: Currency::parse(&currency).ok_or_else(unreadable)?,
        effective_from: row.try_get("", "effective_from")?,
    })
}
