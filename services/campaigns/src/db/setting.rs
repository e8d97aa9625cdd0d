//! `campaign_setting`: what a tenant asks of launches, by mode.

use chassis::Tx;
use contract::{KeyId, Mode, TenantId, UnixMillis};
use sea_orm::ConnectionTrait;

use super::row::{self, sql};
use crate::approval::Own;

pub async fn of(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    mode: Mode,
) -> anyhow::Result<Option<Own>> {
    let text = "select body from campaign_setting where tenant = $1 and mode = $2";
    let values = [tenant.uuid().into(), mode.as_str().into()];
    let row = conn.query_one_raw(sql(conn, text, values)).await?;
    row.map(|row| Ok(serde_json::from_str(&row::text(&row, "body")?)?))
        .transpose()
}

pub async fn put(
    tx: &Tx,
    (tenant, mode): (TenantId, Mode),
    own: &Own,
    by: KeyId,
    now: UnixMillis,
) -> anyhow::Result<()> {
    let text = "insert into campaign_setting (tenant, mode, body, updated_by, updated_at) values ($1, $2, $3, $4, $5) \
                on conflict (tenant, mode) do update set body = excluded.body, updated_by = excluded.updated_by, \
                updated_at = excluded.updated_at";
    let values = [
        tenant.uuid().into(),
        mode.as_str().into(),
        serde_json::to_string(own)?.into(),
        by.uuid().into(),
        now.0.into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}
