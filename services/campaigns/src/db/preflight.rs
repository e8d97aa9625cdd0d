//! `preflight`: looks at campaigns, those that are under way and those that are done.

use chassis::{Engine, Tx};
use contract::renderer::SampleText;
use contract::{CampaignId, ContactId, KeyId, PreflightId, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult};

use super::row::{self, sql};
use crate::preflight::brief::Brief;
use crate::preflight::report::Report;
use crate::preflight::tally::Tally;

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PreflightState {
    Running,
    Succeeded,
    Failed,
}

impl PreflightState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Running, Self::Succeeded, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

#[derive(Debug, Clone)]
pub struct Preflight {
    pub id: PreflightId,
    pub tenant: TenantId,
    pub campaign: CampaignId,
    pub state: PreflightState,
    /// Why it failed; a code of docs/errors.md.
    pub reason: Option<String>,
    pub asked_by: KeyId,
    pub asked_at: UnixMillis,
    pub finished_at: Option<UnixMillis>,
    pub brief: Brief,
    /// The last contact looked at so far.
    pub cursor: Option<ContactId>,
    /// Pages looked at: whoever is not at this one any more has lost to a rival.
    pub step: u32,
    /// Failures in a row.
    pub attempts: u32,
    pub tally: Tally,
    pub report: Option<Report>,
    /// What texts would say. Dropped after a day.
    pub samples: Option<Vec<SampleText>>,
}

fn read(row: &QueryResult) -> anyhow::Result<Preflight> {
    let maybe = |column: &str| row.try_get::<Option<String>>("", column);
    Ok(Preflight {
        id: row::id(row, "id")?,
        tenant: row::id(row, "tenant")?,
        campaign: row::id(row, "campaign")?,
        state: row::named(row, "state", PreflightState::parse)?,
        reason: maybe("reason")?,
        asked_by: row::id(row, "asked_by")?,
        asked_at: row::millis(row, "asked_at")?,
        finished_at: row::maybe_millis(row, "finished_at")?,
        brief: serde_json::from_str(&row::text(row, "brief")?)?,
        cursor: row::maybe_id(row, "cursor")?,
        step: row::number(row, "step")?,
        attempts: row::number(row, "attempts")?,
        tally: serde_json::from_str(&row::text(row, "tally")?)?,
        report: maybe("report")?
            .map(|text| serde_json::from_str(&text))
            .transpose()?,
        samples: maybe("samples")?
            .map(|text| serde_json::from_str(&text))
            .transpose()?,
    })
}

/// False when one of the campaign is under way.
pub async fn insert(tx: &Tx, preflight: &Preflight) -> anyhow::Result<bool> {
    let text = "insert into preflight (id, tenant, campaign, state, asked_by, asked_at, brief, step, attempts, \
                held_until, tally) values ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, $8) \
                on conflict (campaign) where state = 'running' do nothing";
    let values = [
        preflight.id.uuid().into(),
        preflight.tenant.uuid().into(),
        preflight.campaign.uuid().into(),
        preflight.state.as_str().into(),
        preflight.asked_by.uuid().into(),
        preflight.asked_at.0.into(),
        serde_json::to_string(&preflight.brief)?.into(),
        serde_json::to_string(&preflight.tally)?.into(),
    ];
    Ok(tx.execute_raw(sql(tx, text, values)).await?.rows_affected() == 1)
}

pub async fn by_id(
    conn: &impl ConnectionTrait,
    id: PreflightId,
) -> anyhow::Result<Option<Preflight>> {
    let text = "select * from preflight where id = $1";
    let row = conn
        .query_one_raw(sql(conn, text, [id.uuid().into()]))
        .await?;
    row.as_ref().map(read).transpose()
}

/// The last one that somebody asked for; with `state` the last one of that state.
pub async fn latest(
    conn: &impl ConnectionTrait,
    campaign: CampaignId,
    state: Option<PreflightState>,
) -> anyhow::Result<Option<Preflight>> {
    let only = state.map_or(String::new(), |state| {
        format!(" and state = '{}'", state.as_str())
    });
    let text =
        format!("select * from preflight where campaign = $1{only} order by id desc limit 1");
    let row = conn
        .query_one_raw(sql(conn, text, [campaign.uuid().into()]))
        .await?;
    row.as_ref().map(read).transpose()
}

/// Whether one waits for somebody to work on it.
pub async fn any_free(conn: &impl ConnectionTrait, now: UnixMillis) -> anyhow::Result<bool> {
    let text = "select id from preflight where state = 'running' and held_until <= $1 limit 1";
    let row = conn.query_one_raw(sql(conn, text, [now.0.into()])).await?;
    Ok(row.is_some())
}

/// Takes up what nobody works on, the oldest first.
pub async fn claim(
    tx: &Tx,
    engine: Engine,
    (now, until): (UnixMillis, UnixMillis),
    most: usize,
) -> anyhow::Result<Vec<PreflightId>> {
    let text = format!(
        "update preflight set held_until = $2 where id in (select id from preflight where state = 'running' \
         and held_until <= $1 order by id limit {most}{}) returning id",
        engine.for_update()
    );
    let rows = tx
        .query_all_raw(sql(tx, text, [now.0.into(), until.0.into()]))
        .await?;
    rows.iter().map(|row| row::id(row, "id")).collect()
}

/// Keeps what the next page brought, and the job in this hand. False when somebody else was there first.
pub async fn advance(
    tx: &Tx,
    preflight: &Preflight,
    held_until: UnixMillis,
) -> anyhow::Result<bool> {
    let text = "update preflight set cursor = $3, step = step + 1, attempts = 0, held_until = $4, tally = $5, \
                samples = $6 where id = $1 and step = $2 and state = 'running'";
    let values = [
        preflight.id.uuid().into(),
        i64::from(preflight.step).into(),
        preflight.cursor.map(ContactId::uuid).into(),
        held_until.0.into(),
        serde_json::to_string(&preflight.tally)?.into(),
        written(preflight)?.into(),
    ];
    Ok(tx.execute_raw(sql(tx, text, values)).await?.rows_affected() == 1)
}

fn written(preflight: &Preflight) -> anyhow::Result<Option<String>> {
    let samples = preflight.samples.as_ref();
    Ok(samples.map(serde_json::to_string).transpose()?)
}

/// It is done. What was only needed on the way goes.
pub async fn finish(tx: &Tx, preflight: &Preflight, now: UnixMillis) -> anyhow::Result<bool> {
    let report = preflight.report.as_ref();
    let text = "update preflight set state = $3, reason = $4, finished_at = $5, step = step + 1, tally = '{}', \
                report = $6, samples = $7 where id = $1 and step = $2 and state = 'running'";
    let values = [
        preflight.id.uuid().into(),
        i64::from(preflight.step).into(),
        preflight.state.as_str().into(),
        preflight.reason.clone().into(),
        now.0.into(),
        report.map(serde_json::to_string).transpose()?.into(),
        written(preflight)?.into(),
    ];
    Ok(tx.execute_raw(sql(tx, text, values)).await?.rows_affected() == 1)
}

/// Another try failed.
pub async fn failed_once(tx: &Tx, id: PreflightId, held_until: UnixMillis) -> anyhow::Result<()> {
    let text = "update preflight set attempts = attempts + 1, held_until = $2 where id = $1 and state = 'running'";
    tx.execute_raw(sql(tx, text, [id.uuid().into(), held_until.0.into()]))
        .await?;
    Ok(())
}

/// Texts are kept for a day only.
pub async fn drop_samples(tx: &Tx, finished_before: UnixMillis) -> anyhow::Result<u64> {
    let text = "update preflight set samples = null where samples is not null and finished_at < $1";
    let done = tx
        .execute_raw(sql(tx, text, [finished_before.0.into()]))
        .await?;
    Ok(done.rows_affected())
}

/// The campaign is gone.
pub async fn forget(tx: &Tx, campaign: CampaignId) -> anyhow::Result<()> {
    for text in [
        "delete from preflight where campaign = $1",
        "delete from approval where campaign = $1",
    ] {
        tx.execute_raw(sql(tx, text, [campaign.uuid().into()]))
            .await?;
    }
    Ok(())
}
