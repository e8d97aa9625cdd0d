//! Hours whose sums changed after they were final. Few: one row for each, however often it changes.

use std::collections::BTreeSet;

use chassis::{Db, Engine, Tx};
use contract::{CampaignId, TenantId, UnixMillis};
use sea_orm::ConnectionTrait;
use sea_orm::Value;

use super::block;

/// Counts one more change of each of these hours of runs.
pub async fn count(
    tx: &Tx,
    engine: Engine,
    hours: BTreeSet<(i64, i64)>,
    now: UnixMillis,
) -> anyhow::Result<()> {
    let rows: Vec<[Value; 4]> = hours
        .into_iter()
        .map(|(run_no, hour)| [run_no.into(), hour.into(), 1i64.into(), now.0.into()])
        .collect();
    let head = "insert into restatement (run_no, hour, changes, at)";
    let tail = "on conflict (run_no, hour) do update set changes = restatement.changes + excluded.changes, \
                at = excluded.at";
    block::insert(tx, engine, head, rows, tail).await
}

/// Changes of final sums, and when the last one was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    pub count: i64,
    pub at: Option<UnixMillis>,
}

/// Of a campaign, over all its runs and hours.
pub async fn of_campaign(
    db: &Db,
    tenant: TenantId,
    campaign: CampaignId,
) -> anyhow::Result<Changes> {
    let sql = "select CAST(coalesce(sum(changes), 0) AS BIGINT) as changes, max(at) as at from restatement \
               where run_no in (select no from run where tenant = $1 and campaign = $2)";
    let values = [tenant.uuid().into(), campaign.uuid().into()];
    let row = db
        .read()
        .query_one_raw(db.engine().sql(sql, values))
        .await?;
    let Some(row) = row else {
        return Ok(Changes::default());
    };
    Ok(Changes {
        count: row.try_get("", "changes")?,
        at: row.try_get::<Option<i64>>("", "at")?.map(UnixMillis),
    })
}
