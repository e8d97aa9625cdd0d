//! Sums by run, hour, outcome and reason.

use chassis::{Db, Engine, Tx};
use contract::{CampaignId, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use super::block;
use super::restatements::Changes;
use crate::fold::Bucket;

/// Messages and segments to be added to a bucket of a run.
pub type Change = ((i64, Bucket), (i64, i64));

pub async fn apply(tx: &Tx, engine: Engine, changes: Vec<Change>) -> anyhow::Result<()> {
    let rows: Vec<[Value; 6]> = changes
        .into_iter()
        .map(|((run_no, bucket), (messages, segments))| {
            [
                run_no.into(),
                bucket.hour.into(),
                i64::from(bucket.rank).into(),
                bucket.reason.as_str().into(),
                messages.into(),
                segments.into(),
            ]
        })
        .collect();
    let head = "insert into rollup (run_no, hour, outcome, reason, messages, segments)";
    let tail = "on conflict (run_no, hour, outcome, reason) do update set \
                messages = rollup.messages + excluded.messages, segments = rollup.segments + excluded.segments";
    block::insert(tx, engine, head, rows, tail).await
}

/// Messages and segments of one (hour,) outcome and reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    pub hour: i64,
    pub rank: u8,
    pub reason: String,
    pub messages: i64,
    pub segments: i64,
}

fn read(row: &QueryResult) -> anyhow::Result<Sum> {
    Ok(Sum {
        hour: row.try_get("", "hour")?,
        rank: u8::try_from(row.try_get::<i64>("", "outcome")?)?,
        reason: row.try_get("", "reason")?,
        messages: row.try_get("", "messages")?,
        segments: row.try_get("", "segments")?,
    })
}

const SUMS: &str =
    "CAST(sum(messages) AS BIGINT) as messages, CAST(sum(segments) AS BIGINT) as segments";

/// The whole of a campaign, over all its runs and hours.
pub async fn of_campaign(
    db: &Db,
    tenant: TenantId,
    campaign: CampaignId,
) -> anyhow::Result<Vec<Sum>> {
    let sql = format!(
        "select CAST(0 AS BIGINT) as hour, outcome, reason, {SUMS} from rollup \
         where run_no in (select no from run where tenant = $1 and campaign = $2) \
         group by outcome, reason order by outcome, reason"
    );
    let values = [tenant.uuid().into(), campaign.uuid().into()];
    db.read()
        .query_all_raw(db.engine().sql(sql, values))
        .await?
        .iter()
        .map(read)
        .collect()
}

/// A sum of one hour, and how often the sums of that hour changed after they were final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HourSum {
    pub sum: Sum,
    pub changes: Changes,
}

/// Hour by hour, of one campaign or of the whole tenant. One statement, so that a sum never comes with the
/// revision of another one.
pub async fn hourly(
    db: &Db,
    tenant: TenantId,
    campaign: Option<CampaignId>,
    from: i64,
    to: i64,
) -> anyhow::Result<Vec<HourSum>> {
    let only = if campaign.is_some() {
        "and campaign = $4"
    } else {
        ""
    };
    let sql = format!(
        "with own as (select no from run where tenant = $1 {only}), \
         late as (select hour as late_hour, CAST(sum(changes) AS BIGINT) as changes, max(at) as changed_at \
         from restatement where hour >= $2 and hour < $3 and run_no in (select no from own) group by hour) \
         select hour, outcome, reason, {SUMS}, coalesce(max(changes), 0) as changes, max(changed_at) as changed_at \
         from rollup left join late on late_hour = hour where hour >= $2 and hour < $3 \
         and run_no in (select no from own) \
         group by hour, outcome, reason having sum(messages) <> 0 order by hour, outcome, reason limit 10000"
    );
    let mut values: Vec<Value> = vec![tenant.uuid().into(), from.into(), to.into()];
    values.extend(campaign.map(|campaign| campaign.uuid().into()));
    db.read()
        .query_all_raw(db.engine().sql(sql, values))
        .await?
        .iter()
        .map(|row| {
            let changes = Changes {
                count: row.try_get("", "changes")?,
                at: row
                    .try_get::<Option<i64>>("", "changed_at")?
                    .map(UnixMillis),
            };
            Ok(HourSum {
                sum: read(row)?,
                changes,
            })
        })
        .collect()
}
