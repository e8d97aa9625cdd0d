//! `sender_day`: texts permitted a day per sender that has a daily cap.

use chassis::Engine;
use contract::TenantId;
use sea_orm::ConnectionTrait;

/// Texts permitted so far; the row is held until the transaction ends.
pub async fn used(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    sender: &str,
    day: &str,
) -> anyhow::Result<i64> {
    let insert = "INSERT INTO sender_day (tenant, sender, day, texts) VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING";
    let values = || [tenant.uuid().into(), sender.into(), day.into()];
    tx.execute_raw(engine.sql(insert, values())).await?;
    let sql = format!(
        "SELECT texts FROM sender_day WHERE tenant = $1 AND sender = $2 AND day = $3{}",
        engine.for_update()
    );
    let row = tx.query_one_raw(engine.sql(sql, values())).await?;
    Ok(row
        .map(|row| row.try_get_by_index(0))
        .transpose()?
        .unwrap_or(0))
}

/// The same, without holding anything.
pub async fn look(
    db: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    sender: &str,
    day: &str,
) -> anyhow::Result<i64> {
    let sql = "SELECT texts FROM sender_day WHERE tenant = $1 AND sender = $2 AND day = $3";
    let values = [tenant.uuid().into(), sender.into(), day.into()];
    let row = db.query_one_raw(engine.sql(sql, values)).await?;
    Ok(row
        .map(|row| row.try_get_by_index(0))
        .transpose()?
        .unwrap_or(0))
}

/// Takes one text back; never below 0.
pub async fn take_back(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    sender: &str,
    day: &str,
) -> anyhow::Result<()> {
    let sql = "UPDATE sender_day SET texts = texts - 1 \
               WHERE tenant = $1 AND sender = $2 AND day = $3 AND texts > 0";
    let values = [tenant.uuid().into(), sender.into(), day.into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

pub async fn add(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    (sender, day): (&str, &str),
    texts: i64,
) -> anyhow::Result<()> {
    let sql =
        "UPDATE sender_day SET texts = texts + $4 WHERE tenant = $1 AND sender = $2 AND day = $3";
    let values = [
        tenant.uuid().into(),
        sender.into(),
        day.into(),
        texts.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}
