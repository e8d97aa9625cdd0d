//! Runs and their numbers. A run's number is the upper part of the keys of its messages.

use anyhow::Context;
use chassis::{Db, Engine, Tx};
use contract::campaigns::{RunClosed, RunStarted};
use contract::{CampaignId, RunId, TenantId, UnixMillis};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, QueryResult};

/// Bits of a message key below the run number: 24 of the chunk, 16 of the position.
const PLACE_BITS: u32 = 40;

/// Key of a message row. Keys ascend with (run, chunk, position), so new rows go to the end of the table.
pub fn message_key(run_no: i64, chunk: u32, position: u16) -> i64 {
    run_no << PLACE_BITS | i64::from(chunk & 0xFF_FFFF) << 16 | i64::from(position)
}

pub const fn run_no_of(mid: i64) -> i64 {
    mid >> PLACE_BITS
}

/// First key of a run, and first key after it.
pub const fn key_range(run_no: i64) -> (i64, i64) {
    (run_no << PLACE_BITS, (run_no + 1) << PLACE_BITS)
}

/// A run as far as events have told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub no: i64,
    pub run: RunId,
    pub tenant: TenantId,
    pub campaign: Option<CampaignId>,
    pub recipients: Option<i64>,
    pub started_at: Option<UnixMillis>,
    pub closed_at: Option<UnixMillis>,
    /// Which statement of its sums campaigns has made; `None` until the first.
    pub revision: Option<i64>,
    pub restated_at: Option<UnixMillis>,
}

const COLUMNS: &str =
    "no, run, tenant, campaign, recipients, started_at, closed_at, revision, restated_at";

fn read(row: &QueryResult) -> anyhow::Result<Run> {
    Ok(Run {
        no: row.try_get("", "no")?,
        run: RunId::from_uuid(row.try_get("", "run")?),
        tenant: TenantId::from_uuid(row.try_get("", "tenant")?),
        campaign: row
            .try_get::<Option<Uuid>>("", "campaign")?
            .map(CampaignId::from_uuid),
        recipients: row.try_get("", "recipients")?,
        started_at: row
            .try_get::<Option<i64>>("", "started_at")?
            .map(UnixMillis),
        closed_at: row.try_get::<Option<i64>>("", "closed_at")?.map(UnixMillis),
        revision: row.try_get("", "revision")?,
        restated_at: row
            .try_get::<Option<i64>>("", "restated_at")?
            .map(UnixMillis),
    })
}

/// Finds or numbers a run.
pub async fn ensure(
    tx: &Tx,
    engine: Engine,
    run: RunId,
    tenant: TenantId,
    campaign: Option<CampaignId>,
) -> anyhow::Result<Run> {
    let sql = format!(
        "insert into run (run, tenant, campaign) values ($1, $2, $3) on conflict (run) do update \
         set campaign = coalesce(run.campaign, excluded.campaign) returning {COLUMNS}"
    );
    let values = [
        run.uuid().into(),
        tenant.uuid().into(),
        campaign.map(CampaignId::uuid).into(),
    ];
    let row = tx
        .query_one_raw(engine.sql(sql, values))
        .await?
        .context("a run was not numbered")?;
    read(&row)
}

/// Keeps rival writers (other processes on PostgreSQL) off the messages of these runs until the write ends.
pub async fn lock(
    tx: &Tx,
    engine: Engine,
    numbers: impl Iterator<Item = i64>,
) -> anyhow::Result<()> {
    if engine == Engine::Sqlite {
        return Ok(());
    }
    let mut numbers: Vec<i64> = numbers.collect();
    numbers.sort_unstable();
    numbers.dedup();
    let sql = "select no from run where no in (select CAST(CAST(value AS TEXT) AS BIGINT) \
               from json_array_elements(CAST($1 AS json))) order by no for update";
    tx.query_all_raw(engine.sql(sql, [serde_json::to_string(&numbers)?.into()]))
        .await?;
    Ok(())
}

pub async fn started(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    event: &RunStarted,
) -> anyhow::Result<()> {
    let sql = "insert into run (run, tenant, campaign, class, recipients, started_at) values ($1, $2, $3, $4, $5, $6) \
               on conflict (run) do update set campaign = excluded.campaign, class = excluded.class, \
               recipients = excluded.recipients, started_at = excluded.started_at";
    let values = [
        event.run.uuid().into(),
        tenant.uuid().into(),
        event.campaign.uuid().into(),
        event.class.as_str().into(),
        i64::try_from(event.recipients)?.into(),
        event.at.0.into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

/// Statements of a run's sums may come in any order; the highest revision holds.
pub async fn closed(
    tx: &Tx,
    engine: Engine,
    tenant: TenantId,
    event: &RunClosed,
) -> anyhow::Result<()> {
    let sql = "insert into run (run, tenant, campaign, recipients, closed_at, revision, restated_at) \
               values ($1, $2, $3, $4, $5, $6, $7) \
               on conflict (run) do update set campaign = excluded.campaign, recipients = excluded.recipients, \
               closed_at = excluded.closed_at, revision = excluded.revision, restated_at = excluded.restated_at \
               where run.revision is null or run.revision <= excluded.revision";
    let values = [
        event.run.uuid().into(),
        tenant.uuid().into(),
        event.campaign.uuid().into(),
        i64::try_from(event.recipients)?.into(),
        event.at.0.into(),
        i64::from(event.revision).into(),
        event.restated_at.map(|at| at.0).into(),
    ];
    tx.execute_raw(engine.sql(sql, values)).await?;
    Ok(())
}

pub async fn find(db: &Db, tenant: TenantId, run: RunId) -> anyhow::Result<Option<Run>> {
    let sql = format!("select {COLUMNS} from run where tenant = $1 and run = $2");
    let values = [tenant.uuid().into(), run.uuid().into()];
    db.read()
        .query_one_raw(db.engine().sql(sql, values))
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// The runs of a campaign, oldest first.
pub async fn of_campaign(
    db: &Db,
    tenant: TenantId,
    campaign: CampaignId,
) -> anyhow::Result<Vec<Run>> {
    let sql = format!("select {COLUMNS} from run where tenant = $1 and campaign = $2 order by run");
    let values = [tenant.uuid().into(), campaign.uuid().into()];
    db.read()
        .query_all_raw(db.engine().sql(sql, values))
        .await?
        .iter()
        .map(read)
        .collect()
}
