//! `campaign_transition`: how each campaign came to stand where it does.

use chassis::Tx;
use contract::{CampaignId, KeyId, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult};

use super::row::{self, sql};
use crate::lifecycle::{State, Step};

/// One row of a campaign's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// From 1, without gaps.
    pub number: u32,
    pub at: UnixMillis,
    pub from: State,
    pub to: State,
    pub action: String,
    pub key: Option<KeyId>,
    pub reason: Option<String>,
    pub note: Option<String>,
}

fn read(row: &QueryResult) -> anyhow::Result<Transition> {
    Ok(Transition {
        number: row::number(row, "number")?,
        at: row::millis(row, "at")?,
        from: row::named(row, "from_state", State::parse)?,
        to: row::named(row, "to_state", State::parse)?,
        action: row::text(row, "action")?,
        key: row::maybe_id(row, "by_key")?,
        reason: row.try_get("", "reason")?,
        note: row.try_get("", "note")?,
    })
}

/// Its number. The campaign's row is held by this transaction, so numbers have no rivals.
pub async fn append(
    tx: &Tx,
    (tenant, campaign): (TenantId, CampaignId),
    from: State,
    step: &Step,
    now: UnixMillis,
) -> anyhow::Result<u32> {
    let text =
        "select coalesce(max(number), 0) as number from campaign_transition where campaign = $1";
    let last = tx
        .query_one_raw(sql(tx, text, [campaign.uuid().into()]))
        .await?;
    let last: u32 = last.map_or(Ok(0), |row| row::number(&row, "number"))?;
    let text = "insert into campaign_transition (campaign, number, tenant, at, from_state, to_state, action, by_key, \
                reason, note) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let values = [
        campaign.uuid().into(),
        i64::from(last + 1).into(),
        tenant.uuid().into(),
        now.0.into(),
        from.as_str().into(),
        step.to.as_str().into(),
        step.action.into(),
        step.key.map(KeyId::uuid).into(),
        step.reason.map(str::to_string).into(),
        step.note.clone().into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(last + 1)
}

/// A campaign's transitions after this one, the first first.
pub async fn page(
    conn: &impl ConnectionTrait,
    campaign: CampaignId,
    after: u32,
    limit: u64,
) -> anyhow::Result<Vec<Transition>> {
    let text = format!(
        "select * from campaign_transition where campaign = $1 and number > $2 order by number limit {limit}"
    );
    let values = [campaign.uuid().into(), i64::from(after).into()];
    let rows = conn.query_all_raw(sql(conn, text, values)).await?;
    rows.iter().map(read).collect()
}
