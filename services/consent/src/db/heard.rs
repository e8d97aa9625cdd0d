//! `heard`: that people texted, and to which sender.

use ahash::AHashMap;
use anyhow::Context;
use chassis::Engine;
use contract::{Mode, Phone, TenantId};
use sea_orm::ConnectionTrait;

use super::{by_phone, digits};
use crate::heard::Heard;

/// What is told twice is one.
pub async fn insert(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phone: Phone,
    heard: &Heard,
) -> anyhow::Result<()> {
    let sql = "INSERT INTO heard (tenant, phone, at, inbound, sender, mode) VALUES ($1, $2, $3, $4, $5, $6) \
               ON CONFLICT DO NOTHING";
    let mode = if heard.live { Mode::Live } else { Mode::Test };
    let values = [
        tenant.uuid().into(),
        digits(phone).into(),
        heard.at.into(),
        heard.inbound.uuid().into(),
        heard.sender.as_str().into(),
        mode.as_str().into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// What these people texted after an instant.
pub async fn load(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phones: impl Iterator<Item = Phone>,
    since: i64,
) -> anyhow::Result<AHashMap<Phone, Vec<Heard>>> {
    // `+ 0`: the rows are found by number, not by the index of instants.
    let sql = format!(
        "SELECT t.phone, t.at, t.inbound, t.sender, t.mode FROM {} AND t.at + 0 > $3",
        by_phone(engine, "heard")
    );
    let values = [
        tenant.uuid().into(),
        super::phones(engine, phones),
        since.into(),
    ];
    let mut heard: AHashMap<Phone, Vec<Heard>> = AHashMap::new();
    for row in db.query_all_raw(engine.sql(sql, values)).await? {
        let phone = super::phone(row.try_get_by_index(0)?).context("a stored number is none")?;
        let inbound: uuid::Uuid = row.try_get_by_index(2)?;
        let mode: String = row.try_get_by_index(4)?;
        heard.entry(phone).or_default().push(Heard {
            inbound: contract::InboundId::from_uuid(inbound),
            sender: row.try_get_by_index(3)?,
            at: row.try_get_by_index(1)?,
            live: mode == Mode::Live.as_str(),
        });
    }
    Ok(heard)
}

/// Removes what is older than `until`; how many rows.
pub async fn remove(
    tx: &impl ConnectionTrait,
    engine: Engine,
    until: i64,
    limit: u32,
) -> anyhow::Result<u64> {
    let sql = "DELETE FROM heard WHERE (tenant, phone, at, inbound) IN \
               (SELECT tenant, phone, at, inbound FROM heard WHERE at < $1 ORDER BY at LIMIT $2)";
    let values = [until.into(), i64::from(limit).into()];
    let done = tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(done.rows_affected())
}

/// Forgets one person.
pub async fn erase(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phone: Phone,
) -> anyhow::Result<()> {
    let sql = "DELETE FROM heard WHERE tenant = $1 AND phone = $2";
    tx.execute_raw(engine.sql(sql, [tenant.uuid().into(), digits(phone).into()]))
        .await?;
    Ok(())
}
