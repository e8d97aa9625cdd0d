//! `sent`: what people were permitted lately. PostgreSQL only, where several processes grant permits; with
//! SQLite [`crate::counts`] keeps it in memory.

use ahash::AHashMap;
use anyhow::Context;
use chassis::Engine;
use contract::{Class, Phone, TenantId};
use sea_orm::ConnectionTrait;

use super::{array, by_phone, digits};
use crate::recent::Sent;

pub async fn load(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phones: impl Iterator<Item = Phone>,
    since: i64,
) -> anyhow::Result<AHashMap<Phone, Vec<Sent>>> {
    // The instant is compared here: PostgreSQL would take it for the index's condition instead of the numbers.
    let sql = format!(
        "SELECT t.phone, t.at, t.topic, t.class FROM {}",
        by_phone(engine, "sent")
    );
    let values = [tenant.uuid().into(), super::phones(engine, phones)];
    let rows = db.query_all_raw(engine.sql(sql, values)).await?;
    let mut sent: AHashMap<Phone, Vec<Sent>> = AHashMap::new();
    for row in rows {
        let phone = super::phone(row.try_get_by_index(0)?).context("a stored number is none")?;
        let at: i64 = row.try_get_by_index(1)?;
        if at <= since {
            continue;
        }
        let (topic, class): (i64, String) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
        sent.entry(phone).or_default().push(Sent {
            topic: u32::try_from(topic)?,
            class: Class::parse(&class).context("a stored class is none")?,
            at,
        });
    }
    Ok(sent)
}

pub async fn insert(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    sent: &[(Phone, Sent)],
) -> anyhow::Result<()> {
    let sql = "INSERT INTO sent (tenant, phone, at, topic, class) \
               SELECT $1, * FROM unnest($2, $3, $4, $5)";
    let values = [
        tenant.uuid().into(),
        array(sent.iter().map(|(phone, _)| digits(*phone))),
        array(sent.iter().map(|(_, about)| about.at)),
        array(sent.iter().map(|(_, about)| i64::from(about.topic))),
        array(
            sent.iter()
                .map(|(_, about)| about.class.as_str().to_string()),
        ),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// Takes back one text that never left, and no other like it.
pub async fn take_back(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phone: Phone,
    about: Sent,
) -> anyhow::Result<()> {
    let sql = "DELETE FROM sent WHERE ctid = (SELECT ctid FROM sent \
               WHERE tenant = $1 AND phone = $2 AND at = $3 AND topic = $4 AND class = $5 LIMIT 1)";
    let values = [
        tenant.uuid().into(),
        digits(phone).into(),
        about.at.into(),
        i64::from(about.topic).into(),
        about.class.as_str().into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// Nothing older counts any more.
pub async fn forget(tx: &impl ConnectionTrait, engine: Engine, before: i64) -> anyhow::Result<u64> {
    let sql = "DELETE FROM sent WHERE at < $1";
    Ok(tx
        .execute_raw(engine.sql(sql, [before.into()]))
        .await?
        .rows_affected())
}

/// Forgets one person.
pub async fn erase(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phone: Phone,
) -> anyhow::Result<()> {
    let sql = "DELETE FROM sent WHERE tenant = $1 AND phone = $2";
    tx.execute_raw(engine.sql(sql, [tenant.uuid().into(), digits(phone).into()]))
        .await?;
    Ok(())
}
