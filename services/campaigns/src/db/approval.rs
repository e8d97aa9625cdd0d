//! `approval`: what somebody was asked to approve, and what they said. One row per campaign: the last question.

use chassis::Tx;
use contract::{CampaignId, KeyId, PreflightId, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult};

use super::row::{self, sql};
use crate::approval::{Seen, Verdict};

#[derive(Debug, Clone)]
pub struct Approval {
    pub campaign: CampaignId,
    pub tenant: TenantId,
    pub preflight: PreflightId,
    pub bound: Seen,
    /// Of `bound`.
    pub hash: String,
    pub verdict: Verdict,
    pub submitted_by: KeyId,
    pub submitted_at: UnixMillis,
    pub decided_by: Option<KeyId>,
    pub decided_at: Option<UnixMillis>,
    /// Why it was rejected, as somebody wrote it.
    pub note: Option<String>,
}

fn read(row: &QueryResult) -> anyhow::Result<Approval> {
    Ok(Approval {
        campaign: row::id(row, "campaign")?,
        tenant: row::id(row, "tenant")?,
        preflight: row::id(row, "preflight")?,
        bound: serde_json::from_str(&row::text(row, "bound")?)?,
        hash: row::text(row, "hash")?,
        verdict: row::named(row, "verdict", Verdict::parse)?,
        submitted_by: row::id(row, "submitted_by")?,
        submitted_at: row::millis(row, "submitted_at")?,
        decided_by: row::maybe_id(row, "decided_by")?,
        decided_at: row::maybe_millis(row, "decided_at")?,
        note: row.try_get("", "note")?,
    })
}

pub async fn of(
    conn: &impl ConnectionTrait,
    campaign: CampaignId,
) -> anyhow::Result<Option<Approval>> {
    let text = "select * from approval where campaign = $1";
    let row = conn
        .query_one_raw(sql(conn, text, [campaign.uuid().into()]))
        .await?;
    row.as_ref().map(read).transpose()
}

/// A new question takes the place of the one before.
pub async fn ask(tx: &Tx, approval: &Approval) -> anyhow::Result<()> {
    let text = "insert into approval (campaign, tenant, preflight, bound, hash, verdict, submitted_by, submitted_at) \
                values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (campaign) do update set \
                preflight = excluded.preflight, bound = excluded.bound, hash = excluded.hash, \
                verdict = excluded.verdict, submitted_by = excluded.submitted_by, submitted_at = excluded.submitted_at, \
                decided_by = null, decided_at = null, note = null";
    let values = [
        approval.campaign.uuid().into(),
        approval.tenant.uuid().into(),
        approval.preflight.uuid().into(),
        serde_json::to_string(&approval.bound)?.into(),
        approval.hash.clone().into(),
        approval.verdict.as_str().into(),
        approval.submitted_by.uuid().into(),
        approval.submitted_at.0.into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

/// The answer to the question with this hash. False when another one was asked meanwhile.
pub async fn decide(
    tx: &Tx,
    (campaign, hash): (CampaignId, &str),
    verdict: Verdict,
    by: KeyId,
    note: Option<String>,
    now: UnixMillis,
) -> anyhow::Result<bool> {
    let text = "update approval set verdict = $3, decided_by = $4, decided_at = $5, note = $6 \
                where campaign = $1 and hash = $2";
    let values = [
        campaign.uuid().into(),
        hash.into(),
        verdict.as_str().into(),
        by.uuid().into(),
        now.0.into(),
        note.into(),
    ];
    Ok(tx.execute_raw(sql(tx, text, values)).await?.rows_affected() == 1)
}

/// An approval that does not hold any more: the question is open again.
pub async fn void(tx: &Tx, campaign: CampaignId) -> anyhow::Result<()> {
    let text = "update approval set verdict = $2, decided_by = null, decided_at = null where campaign = $1";
    let values = [campaign.uuid().into(), Verdict::Pending.as_str().into()];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

/// Whose words the campaign's definition last was.
pub async fn edited(tx: &Tx, campaign: CampaignId, by: KeyId) -> anyhow::Result<()> {
    let text = "update campaign set edited_by = $2 where id = $1";
    tx.execute_raw(sql(tx, text, [campaign.uuid().into(), by.uuid().into()]))
        .await?;
    Ok(())
}

/// `None`: not known of campaigns that are older than this record.
pub async fn edited_by(
    conn: &impl ConnectionTrait,
    campaign: CampaignId,
) -> anyhow::Result<Option<KeyId>> {
    let text = "select edited_by from campaign where id = $1";
    let row = conn
        .query_one_raw(sql(conn, text, [campaign.uuid().into()]))
        .await?;
    row.map_or(Ok(None), |row| row::maybe_id(&row, "edited_by"))
}
