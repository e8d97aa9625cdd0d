//! Campaigns whose time has come.

use chassis::Tx;
use contract::{CampaignId, UnixMillis};
use sea_orm::ConnectionTrait;

use super::campaign::{Campaign, read};
use super::row::sql;

/// Scheduled campaigns whose time has come, but for those that are left alone for now.
pub async fn page(
    conn: &impl ConnectionTrait,
    now: UnixMillis,
    limit: u64,
) -> anyhow::Result<Vec<Campaign>> {
    let text = format!(
        "select * from campaign where state = 'scheduled' and schedule_at <= $1 and look_at <= $1 \
         order by schedule_at limit {limit}"
    );
    let rows = conn.query_all_raw(sql(conn, text, [now.0.into()])).await?;
    rows.iter().map(read).collect()
}

/// It cannot begin yet and is left alone until then.
pub async fn look_again(tx: &Tx, id: CampaignId, at: UnixMillis) -> anyhow::Result<()> {
    let text = "update campaign set look_at = $2 where id = $1";
    tx.execute_raw(sql(tx, text, [id.uuid().into(), at.0.into()]))
        .await?;
    Ok(())
}
