//! `opt_out`: when opt-outs were recorded and confirmed, by number and for good.

use chassis::Engine;
use contract::{ConsentId, Phone, TenantId};
use sea_orm::ConnectionTrait;

use super::{digits, hex};

pub async fn insert(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    opt_outs: &[(ConsentId, Phone)],
    now: i64,
) -> anyhow::Result<()> {
    let rows: Vec<_> = opt_outs
        .iter()
        .map(|(consent, phone)| (digits(*phone), hex(*consent)))
        .collect();
    let sql = format!(
        "INSERT INTO opt_out (tenant, recorded_at, phone, consent) \
         SELECT $1, CAST($2 AS BIGINT), CAST(value->>0 AS BIGINT), {} FROM {} AS r WHERE true",
        engine.uuid("value->>1"),
        engine.rows("$3")
    );
    let values = [
        tenant.uuid().into(),
        now.into(),
        serde_json::to_string(&rows)?.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// Puts down when these were confirmed; of an erased person there is nothing left to put it to.
pub async fn confirm(
    tx: &impl ConnectionTrait,
    engine: Engine,
    opt_outs: &[(TenantId, Phone, ConsentId)],
    now: i64,
) -> anyhow::Result<()> {
    let rows: Vec<_> = opt_outs
        .iter()
        .map(|(tenant, phone, consent)| (digits(*phone), hex(*tenant), hex(*consent)))
        .collect();
    let sql = format!(
        "UPDATE opt_out SET confirmed_at = $1 WHERE (phone, tenant, consent) IN \
         (SELECT CAST(value->>0 AS BIGINT), {}, {} FROM {} AS r)",
        engine.uuid("value->>1"),
        engine.uuid("value->>2"),
        engine.rows("$2")
    );
    let values = [now.into(), serde_json::to_string(&rows)?.into()];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// Forgets one person.
pub async fn erase(
    tx: &impl ConnectionTrait,
    engine: Engine,
    tenant: TenantId,
    phone: Phone,
) -> anyhow::Result<()> {
    let sql = "DELETE FROM opt_out WHERE tenant = $1 AND phone = $2";
    tx.execute_raw(engine.sql(sql, [tenant.uuid().into(), digits(phone).into()]))
        .await?;
    Ok(())
}
