//! Tables of money and their statements.

pub mod caps;
pub mod holds;
pub mod prices;
pub mod reserve;
pub mod setting;
pub mod spend;
pub mod terms;

use chassis::{Engine, Tx};
use contract::ids::CampaignId;
use sea_orm::{ConnectionTrait, Value};

use super::account::Account;

/// Stands in a campaign's place where the account as a whole is meant.
pub const WHOLE: CampaignId = CampaignId::from_raw(0);

/// A campaign as stored.
pub fn stored(campaign: Option<CampaignId>) -> CampaignId {
    campaign.unwrap_or(WHOLE)
}

pub fn of_stored(campaign: CampaignId) -> Option<CampaignId> {
    (campaign.raw() != WHOLE.raw()).then_some(campaign)
}

/// `$1` and `$2` of most statements.
pub fn of(account: Account) -> [Value; 2] {
    [account.tenant.uuid().into(), account.mode.as_str().into()]
}

/// Has every process read prices, caps and settings again.
pub async fn changed(engine: Engine, tx: &Tx) -> anyhow::Result<()> {
    let sql = "UPDATE money_version SET version = version + 1 WHERE one = 1";
    tx.execute_raw(engine.sql(sql, [])).await?;
    Ok(())
}
