//! `dnc_list`, `dnc_entry`: do-not-call lists and who stands on them.

use ahash::AHashMap;
use chassis::Engine;
use chrono::NaiveDate;
use contract::{Phone, TenantId};
use sea_orm::ConnectionTrait;

use super::{by_phone, digits};

/// Every list of a tenant with the day it is of.
pub async fn lists(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
) -> anyhow::Result<AHashMap<String, NaiveDate>> {
    let sql = "SELECT name, as_of FROM dnc_list WHERE tenant = $1";
    let rows = db
        .query_all_raw(engine.sql(sql, [tenant.uuid().into()]))
        .await?;
    rows.iter()
        .map(|row| {
            let as_of: String = row.try_get_by_index(1)?;
            Ok((row.try_get_by_index(0)?, as_of.parse()?))
        })
        .collect()
}

/// Every list with the day it is of and its number of entries.
pub async fn with_entries(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
) -> anyhow::Result<Vec<(String, NaiveDate, i64)>> {
    let sql = "SELECT name, as_of, entries FROM dnc_list WHERE tenant = $1 ORDER BY name";
    let rows = db.query_all_raw(engine.sql(sql, [tenant.uuid().into()]));
    rows.await?
        .iter()
        .map(|row| {
            let as_of: String = row.try_get_by_index(1)?;
            Ok((
                row.try_get_by_index(0)?,
                as_of.parse()?,
                row.try_get_by_index(2)?,
            ))
        })
        .collect()
}

/// The lists that these numbers stand on.
pub async fn among(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phones: impl Iterator<Item = Phone>,
) -> anyhow::Result<AHashMap<Phone, Vec<String>>> {
    let sql = format!(
        "SELECT t.phone, t.list FROM {}",
        by_phone(engine, "dnc_entry")
    );
    let values = [tenant.uuid().into(), super::phones(engine, phones)];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    let mut listed: AHashMap<Phone, Vec<String>> = AHashMap::new();
    for row in rows {
        if let Some(phone) = super::phone(row.try_get_by_index(0)?) {
            listed
                .entry(phone)
                .or_default()
                .push(row.try_get_by_index(1)?);
        }
    }
    Ok(listed)
}

/// Adds numbers to a list; `load` names the copy they come from.
pub async fn add(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    list: &str,
    load: &str,
    phones: &[Phone],
) -> anyhow::Result<()> {
    let mut rows: Vec<[i64; 1]> = phones.iter().map(|phone| [digits(*phone)]).collect();
    rows.sort_unstable();
    rows.dedup();
    let sql = format!(
        "INSERT INTO dnc_entry (tenant, phone, list, load) \
         SELECT $1, CAST(value->>0 AS BIGINT), $2, $3 FROM {} AS r WHERE true \
         ON CONFLICT (tenant, phone, list) DO UPDATE SET load = excluded.load",
        engine.rows("$4")
    );
    let values = [
        tenant.uuid().into(),
        list.into(),
        load.into(),
        serde_json::to_string(&rows)?.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// A whole copy is in: whoever stood on an older one alone is off it.
pub async fn finish(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    (list, as_of, load): (&str, NaiveDate, &str),
    now: i64,
) -> anyhow::Result<i64> {
    let day = as_of.to_string();
    let sql = "DELETE FROM dnc_entry WHERE tenant = $1 AND list = $2 AND load <> $3";
    let values = [tenant.uuid().into(), list.into(), load.into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    let sql = "SELECT COUNT(*) FROM dnc_entry WHERE tenant = $1 AND list = $2";
    let row = tx
        .query_one_raw(engine.sql(sql, [tenant.uuid().into(), list.into()]))
        .await?;
    let entries: i64 = row
        .map(|row| row.try_get_by_index(0))
        .transpose()?
        .unwrap_or(0);
    let sql = "INSERT INTO dnc_list (tenant, name, as_of, loaded_at, entries) VALUES ($1, $2, $3, $4, $5) \
               ON CONFLICT (tenant, name) DO UPDATE SET as_of = excluded.as_of, loaded_at = excluded.loaded_at, \
               entries = excluded.entries";
    let values = [
        tenant.uuid().into(),
        list.into(),
        day.into(),
        now.into(),
        entries.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(entries)
}
