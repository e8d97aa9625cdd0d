//! Schedules: at each slot the audience enters, page by page, each contact once.

use std::sync::Arc;

use chassis::{AskError, Engine, Tx};
use chrono::{DateTime, Utc};
use contract::contacts::{AudienceGap, AudiencePage, PageAudience};
use contract::{AudiencePart, ContactId, JourneyId, UnixMillis};
use futures::future::BoxFuture;
use sea_orm::prelude::Uuid;
use tokio::sync::Notify;

use super::state::State;
use super::waves;
use crate::app::App;
use crate::db;
use crate::db::journey_input::{Body, NewInput};
use crate::db::journey_slot::{ByClock, Slot};
use crate::journey::clocks::{self, slots_come};
use crate::journey::expression::timestamp;
use crate::journey::run::Happening;
use crate::journey::simulate::SLOT;
use crate::journey::version::{Start, Version};
use crate::schedule::slots::Slot as Come;
use crate::timers::{self, Scheduled, Timer, slot_timer};

/// The kind of their timers.
pub const KIND: &str = "journey.slot";
/// Contacts that enter in one transaction.
pub(super) const PAGE: u32 = 500;
/// Inputs that may wait before more of an audience enters: events of others are worked in between.
pub(super) const CROWD: u64 = 2_000;

/// Journeys whose slots come.
pub struct Journeys {
    pub app: Arc<App>,
}

impl Scheduled for Journeys {
    const KIND: &'static str = KIND;

    fn has_come<'t>(
        &'t self,
        tx: &'t Tx,
        owner: Uuid,
        slot: UnixMillis,
        now: UnixMillis,
    ) -> BoxFuture<'t, anyhow::Result<()>> {
        let id = JourneyId::from_uuid(owner);
        Box::pin(async move { slot_has_come(tx, &self.app, id, slot, now).await })
    }

    fn bell(&self) -> &Notify {
        &self.app.journeys.slots
    }
}

async fn slot_has_come(
    tx: &Tx,
    app: &App,
    id: JourneyId,
    first: UnixMillis,
    now: UnixMillis,
) -> anyhow::Result<()> {
    let Some(head) = db::journey::published_head(tx, id).await? else {
        return Ok(());
    };
    let ready = app.versions.get(tx, id, head.version).await?;
    let Start::Schedule {
        slots,
        audience,
        each_clock,
        late,
    } = &ready.version.trigger
    else {
        return Ok(());
    };
    let slot = |come: &Come, by_clock| Slot {
        journey: id,
        slot_at: come.at.into(),
        tenant: head.tenant,
        mode: head.mode,
        audience: audience.as_deref().and_then(|list| list.parse().ok()),
        cursor: None,
        by_clock,
    };
    let next_is = async |next: Option<Come>| match next {
        Some(next) => timers::set(tx, app.cx.db.engine(), &[timer_of(id, next.at)]).await,
        None => Ok(()),
    };
    if *each_clock {
        next_is(slots.next_after(now.to_utc())).await?;
        // Whoever's time comes after a pause enters; that of the pause is known when it comes.
        if head.state == State::Draining {
            return Ok(());
        }
        for come in slots_come(slots, first.to_utc(), now.to_utc(), *late) {
            metrics::counter!("campaigns_journey_slots_total", "fate" => "started").increment(1);
            let by_clock = ByClock {
                local: come.local,
                since: ready.published_at,
            };
            db::journey_slot::insert(tx, &slot(&come, Some(by_clock))).await?;
        }
        return Ok(());
    }
    let passed = slots.passed(first.to_utc(), now.to_utc(), false);
    for skipped in &passed.skipped {
        metrics::counter!("campaigns_journey_slots_total", "fate" => skipped.why.as_str())
            .increment(u64::from(skipped.count));
    }
    next_is(passed.next).await?;
    // Who would have entered during a pause does not come in one burst after it.
    let Some(due) = passed.due.filter(|_| head.state == State::Running) else {
        return Ok(());
    };
    metrics::counter!("campaigns_journey_slots_total", "fate" => "started").increment(1);
    db::journey_slot::insert(tx, &slot(&due, None)).await
}

fn timer_of(journey: JourneyId, at: DateTime<Utc>) -> Timer {
    slot_timer(KIND, journey.uuid(), at)
}

/// At the publishing of a version: its first slot, or none.
pub async fn plan(
    tx: &Tx,
    engine: Engine,
    journey: JourneyId,
    version: &Version,
    now: UnixMillis,
) -> anyhow::Result<()> {
    timers::cancel(tx, journey.uuid()).await?;
    waves::replan(tx, journey, version, now).await?;
    let Start::Schedule {
        slots, each_clock, ..
    } = &version.trigger
    else {
        return Ok(());
    };
    match clocks::next(slots, *each_clock, now.to_utc()) {
        Some(next) => timers::set(tx, engine, &[timer_of(journey, next.at)]).await,
        None => Ok(()),
    }
}

/// The timer of the slot to come stands at the instant that the zone data in use gives it. Slots by the clock of each
/// contact are told as the first clock on earth shows them, and stay. True if it was moved.
pub async fn rezone(tx: &Tx, app: &App, id: JourneyId, now: UnixMillis) -> anyhow::Result<bool> {
    let Some(head) = db::journey::published_head(tx, id).await? else {
        return Ok(false);
    };
    let ready = app.versions.get(tx, id, head.version).await?;
    let Start::Schedule {
        slots,
        each_clock: false,
        ..
    } = &ready.version.trigger
    else {
        return Ok(false);
    };
    let timers = timers::of_owner(tx, id.uuid()).await?;
    // One that has passed meanwhile is for its handler to judge.
    let Some(waiting) = timers.first().filter(|waiting| waiting.due_at > now) else {
        return Ok(false);
    };
    let last = db::journey_slot::last(tx, id).await?;
    let settled = last.map_or(ready.published_at, |last| last.max(ready.published_at));
    let next = clocks::moved(slots, waiting.due_at.to_utc(), settled.to_utc());
    let Some(next) = next.filter(|next| UnixMillis::from(next.at) != waiting.due_at) else {
        return Ok(false);
    };
    timers::cancel(tx, id.uuid()).await?;
    timers::set(tx, app.cx.db.engine(), &[timer_of(id, next.at)]).await?;
    Ok(true)
}

/// Whether contacts knows the list or the segment.
pub async fn knows(
    app: &App,
    tenant: contract::TenantId,
    part: AudiencePart,
) -> Result<bool, AskError> {
    let question = PageAudience {
        include: vec![part],
        exclude: Vec::new(),
        after: None,
        limit: 1,
    };
    let page = app.cx.bus.ask(tenant, &question).await?;
    Ok(!matches!(page.gap, Some(AudienceGap::Gone(_))))
}

/// Has the next page of the oldest open slot enter. False where there is nothing to do now.
pub async fn enter(app: &App) -> anyhow::Result<bool> {
    let read = app.cx.db.read();
    let Some(slot) = db::journey_slot::open(read).await? else {
        return Ok(false);
    };
    if db::journey_input::crowded(read, CROWD).await? {
        return Ok(false);
    }
    let question = PageAudience {
        include: slot.audience.into_iter().collect(),
        exclude: Vec::new(),
        after: slot.cursor,
        limit: PAGE,
    };
    let page = match app.cx.bus.ask(slot.tenant, &question).await?.whole() {
        Ok(page) => page,
        Err(AudienceGap::NotYet(_)) => return Ok(false),
        Err(AudienceGap::Gone(_)) => {
            tracing::warn!(journey = %slot.journey, "the audience of a schedule is not there any more");
            metrics::counter!("campaigns_journey_slots_total", "fate" => "audience_gone")
                .increment(1);
            AudiencePage {
                contacts: Vec::new(),
                done: true,
                gap: None,
            }
        }
    };
    let (mut entries, mut inputs) = (Vec::new(), Vec::new());
    match slot.by_clock {
        Some(by) => entries = waves::turns(app, &slot, by, &page.contacts).await?,
        None => {
            let now = page.contacts.iter();
            inputs = now.map(|of| input(&slot, *of, slot.slot_at)).collect();
        }
    }
    let (engine, now) = (app.cx.db.engine(), app.cx.clock.millis());
    let (last, done) = (page.contacts.last().copied(), page.done);
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            let done_at = done.then_some(now);
            let entered = inputs.len() + entries.len();
            if db::journey_slot::advance(tx, &slot, last, entered, done_at).await? {
                db::journey_input::insert(tx, engine, &inputs).await?;
                db::journey_wave::append(tx, engine, &slot, &entries).await?;
            }
            Ok(())
        })
    });
    write.await?;
    app.journeys_rung.notify_one();
    Ok(true)
}

/// A contact enters; `at`: when the slot came for them.
pub(super) fn input(slot: &Slot, contact: ContactId, at: UnixMillis) -> NewInput {
    let mut data = serde_json::json!({"slot": timestamp(at.to_utc())});
    if let Some(by) = slot.by_clock {
        data["local"] = by.local.format("%Y-%m-%dT%H:%M").to_string().into();
    }
    NewInput {
        tenant: slot.tenant,
        mode: slot.mode,
        contact: Some(contact),
        run: None,
        held_by: None,
        body: Body::Enter {
            journey: slot.journey,
            by: Happening {
                id: format!("{}/{}", slot.journey, slot.slot_at.0),
                name: SLOT.to_string(),
                data,
                appointment: None,
            },
        },
        hops: 0,
    }
}
