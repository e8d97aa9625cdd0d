//! The campaigns of a tenant.

use chassis::{Bus, Tx};
use contract::campaigns::CampaignChanged;
use contract::{CampaignId, Class, Mode, RunId, TemplateId, TenantId, UnixMillis};
use sea_orm::{ConnectionTrait, QueryResult};

use super::row::{self, sql};
use super::transition;
use crate::audience::Audience;
use crate::lifecycle::{State, Step};
use crate::local_time::Leaving;
use crate::pace::Plan;
use crate::schedule::{Planned, Recurrence};
use crate::variants::Definition;

#[derive(Debug, Clone)]
pub struct Campaign {
    pub id: CampaignId,
    pub tenant: TenantId,
    pub name: String,
    pub class: Class,
    pub programme: String,
    pub template: TemplateId,
    pub sender: String,
    pub audience: Audience,
    /// When it starts, where that is once.
    pub schedule_at: Option<UnixMillis>,
    /// What the schedule says beyond an instant.
    pub schedule: Option<Planned>,
    pub valid_for_ms: i64,
    pub mode: Mode,
    pub state: State,
    pub state_reason: Option<String>,
    pub run: Option<RunId>,
    pub created_at: UnixMillis,
    pub updated_at: UnixMillis,
    /// Throttle and envelope.
    pub pace: Plan,
    /// Variants, holdout and winner, where there are any.
    pub variants: Option<Definition>,
    /// When texts leave, where clocks have a say.
    pub local_time: Option<Leaving>,
    /// How often what it says was changed.
    pub revision: u64,
}

impl Campaign {
    pub fn recurs(&self) -> bool {
        self.recurrence().is_some()
    }

    pub fn recurrence(&self) -> Option<&Recurrence> {
        self.schedule.as_ref().and_then(Planned::recurrence)
    }

    /// Texts leave at a local time wherever people are.
    pub fn by_each_clock(&self) -> bool {
        let once = self
            .local_time
            .as_ref()
            .is_some_and(|rule| rule.at.is_some());
        once || self.recurrence().is_some_and(Recurrence::each_clock)
    }
}

pub(super) fn read(row: &QueryResult) -> anyhow::Result<Campaign> {
    Ok(Campaign {
        id: row::id(row, "id")?,
        tenant: row::id(row, "tenant")?,
        name: row::text(row, "name")?,
        class: row::class(row)?,
        programme: row::text(row, "programme")?,
        template: row::id(row, "template")?,
        sender: row::text(row, "sender")?,
        audience: serde_json::from_str(&row::text(row, "audience")?)?,
        schedule_at: row::maybe_millis(row, "schedule_at")?,
        schedule: row
            .try_get::<Option<String>>("", "schedule")?
            .map(|text| serde_json::from_str(&text))
            .transpose()?,
        valid_for_ms: row::number(row, "valid_for_ms")?,
        mode: row::mode(row)?,
        state: row::named(row, "state", State::parse)?,
        state_reason: row.try_get("", "state_reason")?,
        run: row::maybe_id(row, "run")?,
        created_at: row::millis(row, "created_at")?,
        updated_at: row::millis(row, "updated_at")?,
        pace: maybe_json(row, "pace")?.unwrap_or_default(),
        variants: maybe_json(row, "variants")?,
        local_time: maybe_json(row, "local_time")?,
        revision: row::number(row, "revision")?,
    })
}

fn maybe_json<T: serde::de::DeserializeOwned>(
    row: &QueryResult,
    column: &str,
) -> anyhow::Result<Option<T>> {
    let text: Option<String> = row.try_get("", column)?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// Writes who gets which text, and when texts leave, beside what else a draft says.
async fn write_parts(tx: &Tx, campaign: &Campaign) -> anyhow::Result<()> {
    let variants = campaign.variants.as_ref().map(serde_json::to_string);
    let local_time = campaign.local_time.as_ref().map(serde_json::to_string);
    let text = "update campaign set variants = $2, local_time = $3 where id = $1";
    let values = [
        campaign.id.uuid().into(),
        variants.transpose()?.into(),
        local_time.transpose()?.into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}

fn written(campaign: &Campaign) -> anyhow::Result<Option<String>> {
    let planned = campaign.schedule.as_ref();
    Ok(planned.map(serde_json::to_string).transpose()?)
}

fn pace(plan: &Plan) -> anyhow::Result<Option<String>> {
    let text = (!plan.is_empty()).then(|| serde_json::to_string(plan));
    Ok(text.transpose()?)
}

pub async fn insert(tx: &Tx, campaign: &Campaign) -> anyhow::Result<()> {
    let text = "insert into campaign (id, tenant, name, class, programme, template, sender, audience, schedule_at, \
                valid_for_ms, mode, state, state_reason, run, created_at, updated_at, schedule, pace) \
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
    let values = [
        campaign.id.uuid().into(),
        campaign.tenant.uuid().into(),
        campaign.name.clone().into(),
        campaign.class.as_str().into(),
        campaign.programme.clone().into(),
        campaign.template.uuid().into(),
        campaign.sender.clone().into(),
        serde_json::to_string(&campaign.audience)?.into(),
        campaign.schedule_at.map(|at| at.0).into(),
        campaign.valid_for_ms.into(),
        campaign.mode.as_str().into(),
        campaign.state.as_str().into(),
        campaign.state_reason.clone().into(),
        campaign.run.map(RunId::uuid).into(),
        campaign.created_at.0.into(),
        campaign.updated_at.0.into(),
        written(campaign)?.into(),
        pace(&campaign.pace)?.into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    write_parts(tx, campaign).await
}

pub async fn by_id(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    id: CampaignId,
) -> anyhow::Result<Option<Campaign>> {
    let text = "select * from campaign where id = $1 and tenant = $2";
    let row = conn
        .query_one_raw(sql(conn, text, [id.uuid().into(), tenant.uuid().into()]))
        .await?;
    row.as_ref().map(read).transpose()
}

/// The campaign a timer belongs to, whoever its tenant is; none unless it recurs.
pub async fn recurring(
    conn: &impl ConnectionTrait,
    id: CampaignId,
) -> anyhow::Result<Option<Campaign>> {
    recurring_locked(conn, id, "").await
}

/// The same, locked until the transaction ends.
pub async fn recurring_for_update(tx: &Tx, id: CampaignId) -> anyhow::Result<Option<Campaign>> {
    recurring_locked(tx, id, row::engine(tx).for_update()).await
}

async fn recurring_locked(
    conn: &impl ConnectionTrait,
    id: CampaignId,
    lock: &str,
) -> anyhow::Result<Option<Campaign>> {
    let text = format!("select * from campaign where id = $1{lock}");
    let row = conn
        .query_one_raw(sql(conn, text, [id.uuid().into()]))
        .await?;
    let campaign = row.as_ref().map(read).transpose()?;
    Ok(campaign.filter(|campaign| campaign.recurs()))
}

/// Newest first, at most `limit`, older than `before`.
pub async fn page(
    conn: &impl ConnectionTrait,
    tenant: TenantId,
    before: Option<CampaignId>,
    limit: u64,
) -> anyhow::Result<Vec<Campaign>> {
    let before = before.unwrap_or(CampaignId::from_raw(u128::MAX));
    let text = format!(
        "select * from campaign where tenant = $1 and id < $2 order by id desc limit {limit}"
    );
    let rows = conn
        .query_all_raw(sql(
            conn,
            text,
            [tenant.uuid().into(), before.uuid().into()],
        ))
        .await?;
    rows.iter().map(read).collect()
}

/// Rewrites what a campaign says that is not launched. False when it is, or when somebody else has changed it since it
/// was read.
pub async fn update_draft(tx: &Tx, campaign: &Campaign) -> anyhow::Result<bool> {
    let text = "update campaign set name = $3, class = $4, programme = $5, template = $6, sender = $7, audience = $8, \
                schedule_at = $9, valid_for_ms = $10, updated_at = $11, schedule = $12, pace = $13, \
                revision = revision + 1 where id = $1 and tenant = $2 and revision = $14 and state in ('draft', 'pending_approval', 'approved')";
    let values = [
        campaign.id.uuid().into(),
        campaign.tenant.uuid().into(),
        campaign.name.clone().into(),
        campaign.class.as_str().into(),
        campaign.programme.clone().into(),
        campaign.template.uuid().into(),
        campaign.sender.clone().into(),
        serde_json::to_string(&campaign.audience)?.into(),
        campaign.schedule_at.map(|at| at.0).into(),
        campaign.valid_for_ms.into(),
        campaign.updated_at.0.into(),
        written(campaign)?.into(),
        pace(&campaign.pace)?.into(),
        i64::try_from(campaign.revision)?.into(),
    ];
    let won = tx.execute_raw(sql(tx, text, values)).await?.rows_affected() == 1;
    if won {
        write_parts(tx, campaign).await?;
    }
    Ok(won)
}

/// False when it is no draft any more.
pub async fn delete_draft(tx: &Tx, tenant: TenantId, id: CampaignId) -> anyhow::Result<bool> {
    let text = "delete from campaign where id = $1 and tenant = $2 and state = 'draft'";
    Ok(tx
        .execute_raw(sql(tx, text, [id.uuid().into(), tenant.uuid().into()]))
        .await?
        .rows_affected()
        == 1)
}

/// Whether a campaign still says what was read of it. Nobody changes it then until the transaction ends.
pub async fn is_unchanged(tx: &Tx, read: &Campaign) -> anyhow::Result<bool> {
    let text = format!(
        "select revision from campaign where id = $1{}",
        row::engine(tx).for_update()
    );
    let row = tx
        .query_one_raw(sql(tx, text, [read.id.uuid().into()]))
        .await?;
    let stands: Option<u64> = row.map(|row| row::number(&row, "revision")).transpose()?;
    Ok(stands == Some(read.revision))
}

/// Moves on what was checked: [`move_on`] for a campaign that still says what was read of it.
pub async fn move_unchanged(
    tx: &Tx,
    bus: &Bus,
    read: &Campaign,
    from: &[State],
    step: &Step,
    now: UnixMillis,
) -> anyhow::Result<bool> {
    Ok(is_unchanged(tx, read).await? && move_on(tx, bus, read.id, from, step, now).await?)
}

/// Moves a campaign on if it still stands at one of `from`: the conditional update that lets only one
/// of several rivals win. The one place where states change: its history and the event are of the same commit.
pub async fn move_on(
    tx: &Tx,
    bus: &Bus,
    id: CampaignId,
    from: &[State],
    step: &Step,
    now: UnixMillis,
) -> anyhow::Result<bool> {
    anyhow::ensure!(
        step.is_explained(),
        "a campaign that ends {} needs a reason",
        step.to.as_str()
    );
    let text = format!(
        "select tenant, state from campaign where id = $1{}",
        row::engine(tx).for_update()
    );
    let Some(row) = tx.query_one_raw(sql(tx, text, [id.uuid().into()])).await? else {
        return Ok(false);
    };
    let (tenant, stood) = (
        row::id(&row, "tenant")?,
        row::named(&row, "state", State::parse)?,
    );
    if !from.contains(&stood) {
        return Ok(false);
    }
    let text = "update campaign set state = $2, state_reason = $3, updated_at = $4 where id = $1";
    let values = [
        id.uuid().into(),
        step.to.as_str().into(),
        step.reason.map(str::to_string).into(),
        now.0.into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    let number = transition::append(tx, (tenant, id), stood, step, now).await?;
    let said = CampaignChanged {
        campaign: id,
        number,
        from: stood.as_str().to_string(),
        to: step.to.as_str().to_string(),
        action: step.action.to_string(),
        key: step.key,
        reason: step.reason.map(str::to_string),
        at: now,
    };
    bus.say(tx, tenant, &said).await?;
    Ok(true)
}

/// Another pace, if the campaign stands at one of `from`.
pub async fn set_pace(
    tx: &Tx,
    id: CampaignId,
    from: &[State],
    plan: &Plan,
    now: UnixMillis,
) -> anyhow::Result<bool> {
    let from: Vec<String> = from
        .iter()
        .map(|state| format!("'{}'", state.as_str()))
        .collect();
    let text = format!(
        "update campaign set pace = $2, updated_at = $3 where id = $1 and state in ({})",
        from.join(", ")
    );
    let values = [id.uuid().into(), pace(plan)?.into(), now.0.into()];
    Ok(tx.execute_raw(sql(tx, text, values)).await?.rows_affected() == 1)
}

pub async fn set_run(tx: &Tx, id: CampaignId, run: RunId) -> anyhow::Result<()> {
    let text = "update campaign set run = $2 where id = $1";
    tx.execute_raw(sql(tx, text, [id.uuid().into(), run.uuid().into()]))
        .await?;
    Ok(())
}

/// Campaigns with a local time or a rule whose time is still to come, or comes again.
pub async fn planned(conn: &impl ConnectionTrait) -> anyhow::Result<Vec<Campaign>> {
    let text = "select * from campaign where schedule is not null \
                and state in ('draft', 'pending_approval', 'approved', 'scheduled', 'preparing', 'running', 'paused')";
    let rows = conn.query_all_raw(sql(conn, text, [])).await?;
    rows.iter().map(read).collect()
}

/// The same local time has another instant.
pub async fn reschedule(
    tx: &Tx,
    id: CampaignId,
    at: UnixMillis,
    planned: &Planned,
) -> anyhow::Result<()> {
    let text = "update campaign set schedule_at = $2, schedule = $3 where id = $1";
    let values = [
        id.uuid().into(),
        at.0.into(),
        serde_json::to_string(planned)?.into(),
    ];
    tx.execute_raw(sql(tx, text, values)).await?;
    Ok(())
}
