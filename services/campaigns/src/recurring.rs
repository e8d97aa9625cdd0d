//! Recurring campaigns: their timers, and what becomes of their slots.

use std::sync::Arc;

use chassis::{Bus, Engine, Tx};
use chrono::{DateTime, Utc};
use contract::{CampaignId, UnixMillis};
use futures::future::BoxFuture;
use sea_orm::prelude::Uuid;
use tokio::sync::Notify;

use crate::app::App;
use crate::db;
use crate::db::campaign::Campaign;
use crate::db::occurrence::{LOCAL_FORM, Occurrence, OccurrenceState};
use crate::lifecycle::{State, Step};
use crate::schedule::recurrence::{Passed, Recurring, Skipped};
use crate::schedule::slots::Slot;
use crate::schedule::zone;
use crate::timers::{self, Scheduled, Timer, slot_id, slot_timer};

/// The kind of their timers.
pub const KIND: &str = "campaign.slot";

/// Campaigns whose slots come.
pub struct Campaigns {
    pub app: Arc<App>,
}

impl Scheduled for Campaigns {
    const KIND: &'static str = KIND;

    fn has_come<'t>(
        &'t self,
        tx: &'t Tx,
        owner: Uuid,
        slot: UnixMillis,
        now: UnixMillis,
    ) -> BoxFuture<'t, anyhow::Result<()>> {
        Box::pin(async move {
            let id = CampaignId::from_uuid(owner);
            // Locked: a pause at the same instant finds the timer of the next slot.
            if let Some(campaign) = db::campaign::recurring_for_update(tx, id).await? {
                let hands = (self.app.cx.db.engine(), &self.app.cx.bus);
                slot_has_come(tx, hands, &campaign, slot, now).await?;
            }
            Ok(())
        })
    }

    fn bell(&self) -> &Notify {
        &self.app.occurred
    }
}

async fn slot_has_come(
    tx: &Tx,
    (engine, bus): (Engine, &Bus),
    campaign: &Campaign,
    slot: UnixMillis,
    now: UnixMillis,
) -> anyhow::Result<()> {
    let busy = match campaign.state {
        State::Scheduled => db::occurrence::waits(tx, campaign.id).await?,
        State::Preparing | State::Running => true,
        // The resume judges it.
        State::Paused => {
            timers::set(tx, engine, &[timer(campaign.id, slot.to_utc())]).await?;
            return timers::pause(tx, campaign.id.uuid()).await;
        }
        // An end takes the timer back; nothing is left to do.
        _ => return Ok(()),
    };
    let Some(recurring) = read(campaign)? else {
        return Ok(());
    };
    let passed = recurring.passed(slot.to_utc(), now.to_utc(), busy);
    settle(tx, engine, campaign, &passed, now).await?;
    let nothing_left = passed.next.is_none() && passed.due.is_none();
    if nothing_left && !busy {
        let from = [State::Scheduled];
        let step = Step::own("end", State::Completed);
        db::campaign::move_on(tx, bus, campaign.id, &from, &step, now).await?;
    }
    Ok(())
}

/// Records the fates of slots that have passed and sets the timer of the next one.
async fn settle(
    tx: &Tx,
    engine: Engine,
    campaign: &Campaign,
    passed: &Passed,
    now: UnixMillis,
) -> anyhow::Result<()> {
    for skipped in &passed.skipped {
        let state = OccurrenceState::Skipped;
        db::occurrence::insert(
            tx,
            &occurrence(campaign.id, &skipped.first, state, Some(skipped), now),
        )
        .await?;
    }
    if let Some(due) = &passed.due {
        db::occurrence::insert(
            tx,
            &occurrence(campaign.id, due, OccurrenceState::Due, None, now),
        )
        .await?;
    }
    if let Some(next) = &passed.next {
        timers::set(tx, engine, &[timer(campaign.id, next.at)]).await?;
    }
    Ok(())
}

/// Whether a slot is to come.
pub fn comes(campaign: &Campaign, now: UnixMillis) -> anyhow::Result<bool> {
    Ok(next(campaign, now)?.is_some())
}

fn next(campaign: &Campaign, after: UnixMillis) -> anyhow::Result<Option<Slot>> {
    Ok(read(campaign)?.and_then(|recurring| recurring.next_after(after.to_utc())))
}

/// At its launch: the timer of the first slot.
pub async fn begin(
    tx: &Tx,
    engine: Engine,
    campaign: &Campaign,
    now: UnixMillis,
) -> anyhow::Result<()> {
    let next = next(campaign, now)?.map(|next| timer(campaign.id, next.at));
    timers::set(tx, engine, next.as_slice()).await
}

/// Nothing of it starts until it is resumed.
pub async fn pause(tx: &Tx, id: CampaignId) -> anyhow::Result<()> {
    timers::pause(tx, id.uuid()).await?;
    db::occurrence::skip_due(tx, id, "schedule.paused").await
}

/// Slots that have passed in the meantime are skipped. False if none is to come.
pub async fn resume(
    tx: &Tx,
    engine: Engine,
    campaign: &Campaign,
    now: UnixMillis,
) -> anyhow::Result<bool> {
    let Some(recurring) = read(campaign)? else {
        return Ok(false);
    };
    let timers = timers::of_owner(tx, campaign.id.uuid()).await?;
    let first = match timers.first() {
        Some(waiting) => Some(waiting.due_at.to_utc()),
        // The rule says what the timer would have.
        None => {
            let from = last_fate(tx, campaign.id).await?.unwrap_or(now);
            recurring.next_after(from.to_utc()).map(|slot| slot.at)
        }
    };
    let Some(first) = first else { return Ok(false) };
    timers::cancel(tx, campaign.id.uuid()).await?;
    let passed = recurring.paused(first, now.to_utc());
    settle(tx, engine, campaign, &passed, now).await?;
    Ok(passed.next.is_some())
}

/// The timer of a slot to come stands at the instant that the zone data in use gives it. True if it was moved.
pub async fn rezone(
    tx: &Tx,
    engine: Engine,
    campaign: &Campaign,
    now: UnixMillis,
) -> anyhow::Result<bool> {
    let timers = timers::of_owner(tx, campaign.id.uuid()).await?;
    let (Some(recurring), Some(waiting)) = (read(campaign)?, timers.first()) else {
        return Ok(false);
    };
    // Counted from the last slot with a fate: one that the new data puts into the past is not lost.
    let from = last_fate(tx, campaign.id).await?;
    let from = from.unwrap_or(campaign.updated_at);
    let next = recurring.next_after(from.to_utc());
    let stands = next.is_some_and(|next| UnixMillis::from(next.at) == waiting.due_at);
    // One that has passed meanwhile is for its handler to judge, and one that is paused for the resume.
    if stands || waiting.due_at <= now || campaign.state == State::Paused {
        return Ok(false);
    }
    timers::cancel(tx, campaign.id.uuid()).await?;
    if let Some(next) = next {
        timers::set(tx, engine, &[timer(campaign.id, next.at)]).await?;
    }
    Ok(true)
}

/// Nothing of it starts any more.
pub async fn cancel(tx: &Tx, id: CampaignId) -> anyhow::Result<()> {
    timers::cancel(tx, id.uuid()).await?;
    db::occurrence::skip_due(tx, id, "campaign.cancelled").await
}

/// Whether a slot is to come, or one waits for its run.
pub async fn goes_on(tx: &Tx, id: CampaignId) -> anyhow::Result<bool> {
    Ok(!timers::of_owner(tx, id.uuid()).await?.is_empty())
}

/// Of the last slot that has a record.
async fn last_fate(tx: &Tx, id: CampaignId) -> anyhow::Result<Option<UnixMillis>> {
    let last = db::occurrence::page(tx, id, UnixMillis(i64::MAX), 1).await?;
    Ok(last.first().map(|last| last.last_slot_at))
}

fn read(campaign: &Campaign) -> anyhow::Result<Option<Recurring>> {
    let recurrence = campaign.recurrence();
    Ok(recurrence.map(|recurrence| recurrence.read()).transpose()?)
}

fn timer(campaign: CampaignId, at: DateTime<Utc>) -> Timer {
    slot_timer(KIND, campaign.uuid(), at)
}

fn occurrence(
    campaign: CampaignId,
    slot: &Slot,
    state: OccurrenceState,
    skipped: Option<&Skipped>,
    now: UnixMillis,
) -> Occurrence {
    Occurrence {
        // Of its timer, and so of its run, too.
        id: slot_id(KIND, campaign.uuid(), slot.at),
        campaign,
        slot_at: slot.at.into(),
        local_time: slot.local.format(LOCAL_FORM).to_string(),
        zone_data: zone::DATA_VERSION.to_string(),
        state,
        reason: skipped.map(|skipped| skipped.why.as_str().to_string()),
        last_slot_at: skipped.map_or(slot.at, |skipped| skipped.last).into(),
        slots: skipped.map_or(1, |skipped| skipped.count),
        run: None,
        recorded_at: now,
    }
}
