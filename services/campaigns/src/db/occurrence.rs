//! What became of each slot of a recurring campaign.

use chassis::Tx;
use chrono::NaiveDateTime;
use contract::{CampaignId, RunId, UnixMillis};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, QueryResult};

use super::row::{self, sql};

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OccurrenceState {
    /// Its time has come; its run is about to start.
    Due,
    /// It has a run.
    Started,
    Skipped,
    /// It could not start; the reason says why.
    Failed,
}

impl OccurrenceState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Started => "started",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Due, Self::Started, Self::Skipped, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

#[derive(Debug, Clone)]
pub struct Occurrence {
    pub id: Uuid,
    pub campaign: CampaignId,
    pub slot_at: UnixMillis,
    /// What the rule says, on the clocks of the schedule's zone.
    pub local_time: String,
    /// The release of the zone data that `slot_at` was computed with.
    pub zone_data: String,
    pub state: OccurrenceState,
    pub reason: Option<String>,
    /// Later than `slot_at` where several slots in a row were skipped.
    pub last_slot_at: UnixMillis,
    pub slots: u32,
    pub run: Option<RunId>,
    pub recorded_at: UnixMillis,
}

/// How the local time of a slot is written.
pub const LOCAL_FORM: &str = "%Y-%m-%dT%H:%M";

impl Occurrence {
    pub fn local(&self) -> anyhow::Result<NaiveDateTime> {
        Ok(NaiveDateTime::parse_from_str(&self.local_time, LOCAL_FORM)?)
    }
}

fn read(row: &QueryResult) -> anyhow::Result<Occurrence> {
    Ok(Occurrence {
        id: row.try_get("", "id")?,
        campaign: row::id(row, "campaign")?,
        slot_at: row::millis(row, "slot_at")?,
        local_time: row::text(row, "local_time")?,
        zone_data: row::text(row, "zone_data")?,
        state: row::named(row, "state", OccurrenceState::parse)?,
        reason: row.try_get("", "reason")?,
        last_slot_at: row::millis(row, "last_slot_at")?,
        slots: row::number(row, "slots")?,
        run: row::maybe_id(row, "run")?,
        recorded_at: row::millis(row, "recorded_at")?,
    })
}

/// Records what becomes of a slot. One that has a record already fails the transaction: it would have two fates.
pub async fn insert(tx: &Tx, occurrence: &Occurrence) -> anyhow::Result<()> {
    let text = "insert into occurrence (id, campaign, slot_at, local_time, zone_data, state, reason, last_slot_at, \
                slots, run, recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let values = [
        occurrence.id.into(),
        occurrence.campaign.uuid().into(),
        occurrence.slot_at.0.into(),
        occurrence.local_time.clone().into(),
        occurrence.zone_data.clone().into(),
        occurrence.state.as_str().into(),
        occurrence.reason.clone().into(),
        occurrence.last_slot_at.0.into(),
        i64::from(occurrence.slots).into(),
        occurrence.run.map(RunId::uuid).into(),
        occurrence.recorded_at.0.into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

/// Occurrences whose run is to start, but for those that are left alone for now.
pub async fn due(
    conn: &impl ConnectionTrait,
    now: UnixMillis,
    limit: u64,
) -> anyhow::Result<Vec<Occurrence>> {
    // A pause, a cancel or the end of the run before has its say about the others first.
    let text = format!(
        "select o.* from occurrence o join campaign c on c.id = o.campaign \
         where o.state = 'due' and o.look_at <= $1 and c.state = 'scheduled' order by o.slot_at limit {limit}"
    );
    let rows = conn.query_all_raw(sql(conn, text, [now.0.into()])).await?;
    rows.iter().map(read).collect()
}

/// It cannot begin yet and is left alone until then.
pub async fn look_again(tx: &Tx, id: Uuid, at: UnixMillis) -> anyhow::Result<()> {
    let text = "update occurrence set look_at = $2 where id = $1";
    tx.execute_raw(sql(tx, text, [id.into(), at.0.into()]))
        .await?;
    Ok(())
}

/// Whether one of the campaign's occurrences waits for its run.
pub async fn waits(tx: &Tx, campaign: CampaignId) -> anyhow::Result<bool> {
    let text = "select id from occurrence where campaign = $1 and state = 'due' limit 1";
    let row = tx
        .query_one_raw(sql(tx, text, [campaign.uuid().into()]))
        .await?;
    Ok(row.is_some())
}

/// It has its run. False if it does not wait for one: it has been skipped, or another process was first.
pub async fn started(tx: &Tx, id: Uuid, run: RunId) -> anyhow::Result<bool> {
    let text = "update occurrence set state = 'started', run = $2 where id = $1 and state = 'due'";
    let values = [id.into(), run.uuid().into()];
    Ok(tx.execute_raw(sql(tx, text, values)).await?.rows_affected() == 1)
}

/// It gets no run, for this reason; ignored if it has one.
pub async fn ended(tx: &Tx, id: Uuid, state: OccurrenceState, reason: &str) -> anyhow::Result<()> {
    let text = "update occurrence set state = $2, reason = $3 where id = $1 and state = 'due'";
    let values = [id.into(), state.as_str().into(), reason.into()];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

/// Occurrences of a campaign that still wait for their run get none.
pub async fn skip_due(tx: &Tx, campaign: CampaignId, reason: &str) -> anyhow::Result<()> {
    let text = "update occurrence set state = 'skipped', reason = $2 where campaign = $1 and state = 'due'";
    tx.execute_raw(sql(tx, text, [campaign.uuid().into(), reason.into()]))
        .await?;
    Ok(())
}

/// The campaign's occurrences before an instant, the last first.
pub async fn page(
    conn: &impl ConnectionTrait,
    campaign: CampaignId,
    before: UnixMillis,
    limit: u64,
) -> anyhow::Result<Vec<Occurrence>> {
    let text = format!(
        "select * from occurrence where campaign = $1 and slot_at < $2 order by slot_at desc limit {limit}"
    );
    let rows = conn
        .query_all_raw(sql(conn, text, [campaign.uuid().into(), before.0.into()]))
        .await?;
    rows.iter().map(read).collect()
}
