//! Schedules: at each slot the audience enters, page by page, each contact once.

use std::sync::Arc;

use chassis::{AskError, Engine, Tx};
use chrono::{DateTime, Utc};
use contract::contacts::{AudienceGap, AudiencePage, PageAudience};
use contract::{AudiencePart, ContactId, JourneyId, UnixMillis};
use futures::future::BoxFuture;

use super::state::State;
use crate::app::App;
use crate::db;
use crate::db::journey_input::{Body, NewInput};
use crate::db::journey_slot::Slot;
use crate::journey::expression::timestamp;
use crate::journey::run::Happening;
use crate::journey::simulate::SLOT;
use crate::journey::version::{Start, Version};
use crate::timers::{self, Handler, Timer, occurrence_id};

/// The kind of their timers.
pub const KIND: &str = "journey.slot";
/// Contacts that enter in one transaction.
const PAGE: u32 = 500;
/// Inputs that may wait before more of an audience enters: events of others are worked in between.
const CROWD: u64 = 2_000;

/// Records slots whose time has come, and sets the timer of the next.
pub struct Slots {
    pub app: Arc<App>,
}

impl Handler for Slots {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn fire<'t>(
        &'t self,
        tx: &'t Tx,
        now: UnixMillis,
        due: &'t [Timer],
    ) -> BoxFuture<'t, anyhow::Result<()>> {
        Box::pin(async move {
            for timer in due {
                slot_has_come(tx, &self.app, timer, now).await?;
            }
            Ok(())
        })
    }

    fn fired(&self) {
        self.app.journeys.slots.notify_one();
    }
}

async fn slot_has_come(tx: &Tx, app: &App, timer: &Timer, now: UnixMillis) -> anyhow::Result<()> {
    let id = JourneyId::from_uuid(timer.owner);
    let Some(head) = db::journey::published_head(tx, id).await? else {
        return Ok(());
    };
    let ready = app.versions.get(tx, id, head.version).await?;
    let Start::Schedule { slots, audience } = &ready.version.trigger else {
        return Ok(());
    };
    let passed = slots.passed(timer.due_at.to_utc(), now.to_utc(), false);
    for skipped in &passed.skipped {
        metrics::counter!("campaigns_journey_slots_total", "fate" => skipped.why.as_str())
            .increment(u64::from(skipped.count));
    }
    if let Some(next) = &passed.next {
        timers::set(tx, app.cx.db.engine(), &[timer_of(id, next.at)]).await?;
    }
    // Who would have entered during a pause does not come in one burst after it.
    let Some(due) = passed.due.filter(|_| head.state == State::Running) else {
        return Ok(());
    };
    metrics::counter!("campaigns_journey_slots_total", "fate" => "started").increment(1);
    let slot = Slot {
        journey: id,
        slot_at: due.at.into(),
        tenant: head.tenant,
        mode: head.mode,
        audience: audience.as_deref().and_then(|list| list.parse().ok()),
        cursor: None,
    };
    db::journey_slot::insert(tx, &slot).await
}

fn timer_of(journey: JourneyId, at: DateTime<Utc>) -> Timer {
    let part = at.timestamp_millis().to_be_bytes();
    Timer {
        id: occurrence_id(KIND, journey.uuid(), &[&part]),
        kind: KIND.to_string(),
        owner: journey.uuid(),
        due_at: at.into(),
    }
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
    let Start::Schedule { slots, .. } = &version.trigger else {
        return Ok(());
    };
    match slots.next_after(now.to_utc()) {
        Some(next) => timers::set(tx, engine, &[timer_of(journey, next.at)]).await,
        None => Ok(()),
    }
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
    let inputs: Vec<NewInput> = page.contacts.iter().map(|of| input(&slot, *of)).collect();
    let (engine, now) = (app.cx.db.engine(), app.cx.clock.millis());
    let (last, done) = (page.contacts.last().copied(), page.done);
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            let done_at = done.then_some(now);
            if db::journey_slot::advance(tx, &slot, last, inputs.len(), done_at).await? {
                db::journey_input::insert(tx, engine, &inputs).await?;
            }
            Ok(())
        })
    });
    write.await?;
    app.journeys_rung.notify_one();
    Ok(true)
}

fn input(slot: &Slot, contact: ContactId) -> NewInput {
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
                data: serde_json::json!({"slot": timestamp(slot.slot_at.to_utc())}),
                appointment: None,
            },
        },
        hops: 0,
    }
}
