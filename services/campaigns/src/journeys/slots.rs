//! Schedules: at each slot the audience enters, page by page, each contact once.

use std::sync::Arc;

use chassis::{AskError, Engine, Tx};
use chrono::{DateTime, Duration, Utc};
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
use crate::journey::clocks::{self, Turn, slots_come};
use crate::journey::expression::timestamp;
use crate::journey::run::Happening;
use crate::journey::simulate::SLOT;
use crate::journey::version::{Start, Version};
use crate::schedule::recurrence::Why;
use crate::schedule::round::ROUND;
use crate::schedule::slots::Slot as Come;
use crate::timers::{self, Scheduled, Timer, slot_timer};

/// The kind of their timers.
pub const KIND: &str = "journey.slot";
/// Contacts that enter in one transaction.
pub(super) const PAGE: u32 = 500;
/// Inputs that may wait before more of an audience enters: events of others are worked in between.
pub(super) const CROWD: u64 = 2_000;
/// Before an audience that cannot be told is asked for again; doubles each time.
const SHORTEST_WAIT_MS: i64 = 500;
const LONGEST_WAIT_MS: i64 = 60_000;

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
    // By the clocks of contacts it has come everywhere a round later.
    let round = if *each_clock { ROUND } else { Duration::zero() };
    let slot = |come: &Come, by_clock| Slot {
        journey: id,
        slot_at: come.at.into(),
        tenant: head.tenant,
        mode: head.mode,
        audience: audience.as_deref().and_then(|list| list.parse().ok()),
        cursor: None,
        by_clock,
        stale_at: Some((come.at + round + *late).into()),
        tries: 0,
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

/// What one turn of a slot comes to.
enum Page {
    /// These contacts enter now, or in the wave of each.
    Enter {
        now: Vec<ContactId>,
        later: Vec<(ContactId, Turn)>,
        /// The last that was looked at.
        last: Option<ContactId>,
        done: bool,
    },
    NotYet,
    /// Nobody has entered, and it is too late now.
    Late,
}

/// Has the next page of the slot whose turn it is enter. False where there is nothing to do now.
pub async fn enter(app: &App) -> anyhow::Result<bool> {
    let (read, engine, now) = (app.cx.db.read(), app.cx.db.engine(), app.cx.clock.millis());
    let Some(slot) = db::journey_slot::open(read, now).await? else {
        return Ok(false);
    };
    if db::journey_input::crowded(read, CROWD).await? {
        return Ok(false);
    }
    let page = page(app, &slot, now).await.unwrap_or_else(|error| {
        // It is this audience that cannot be told; those of other slots may be.
        let error = format!("{error:#}");
        tracing::warn!(journey = %slot.journey, error, "an audience cannot enter its journey yet");
        Page::NotYet
    });
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            match page {
                Page::NotYet => {
                    let again = UnixMillis(now.0 + wait_ms(slot.tries));
                    db::journey_slot::put_off(tx, &slot, again).await?;
                }
                Page::Late => {
                    db::journey_slot::advance(tx, &slot, None, 0, true, now).await?;
                }
                Page::Enter {
                    now: contacts,
                    later,
                    last,
                    done,
                } => {
                    let of = |contact: &ContactId| input(&slot, *contact, slot.slot_at);
                    let inputs: Vec<NewInput> = contacts.iter().map(of).collect();
                    let entered = inputs.len() + later.len();
                    if db::journey_slot::advance(tx, &slot, last, entered, done, now).await? {
                        db::journey_input::insert(tx, engine, &inputs).await?;
                        db::journey_wave::append(tx, engine, &slot, &later).await?;
                    }
                }
            }
            Ok(())
        })
    });
    write.await?;
    app.journeys_rung.notify_one();
    Ok(true)
}

async fn page(app: &App, slot: &Slot, now: UnixMillis) -> anyhow::Result<Page> {
    if too_late(slot, now) {
        let why = Why::Late.as_str();
        tracing::warn!(journey = %slot.journey, slot_at = slot.slot_at.0, why, "nobody could enter in time; a slot is skipped");
        metrics::counter!("campaigns_journey_slots_total", "fate" => why).increment(1);
        return Ok(Page::Late);
    }
    let question = PageAudience {
        include: slot.audience.into_iter().collect(),
        exclude: Vec::new(),
        after: slot.cursor,
        limit: PAGE,
    };
    let page = match app.cx.bus.ask(slot.tenant, &question).await?.whole() {
        Ok(page) => page,
        Err(AudienceGap::NotYet(_)) => return Ok(Page::NotYet),
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
    let (last, done) = (page.contacts.last().copied(), page.done);
    let (now, later) = match slot.by_clock {
        Some(by) => (
            Vec::new(),
            waves::turns(app, slot, by, &page.contacts).await?,
        ),
        None => (page.contacts, Vec::new()),
    };
    Ok(Page::Enter {
        now,
        later,
        last,
        done,
    })
}

/// Once the first page has entered the others follow, however long that takes: half an audience is nobody's wish.
fn too_late(slot: &Slot, now: UnixMillis) -> bool {
    slot.cursor.is_none() && slot.stale_at.is_some_and(|stale| now > stale)
}

/// Until the turn of a slot comes again whose audience could not be told so often before, in milliseconds.
fn wait_ms(tries: u32) -> i64 {
    (SHORTEST_WAIT_MS << tries.min(16)).min(LONGEST_WAIT_MS)
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

#[cfg(test)]
mod tests {
    use contract::{Mode, TenantId};

    use super::*;

    #[test]
    fn it_is_too_late_for_the_first_page_only_and_never_for_slots_that_say_nothing() {
        let slot = |cursor, stale_at| Slot {
            journey: JourneyId::from_raw(1),
            slot_at: UnixMillis(1_000),
            tenant: TenantId::from_raw(1),
            mode: Mode::Test,
            audience: None,
            cursor,
            by_clock: None,
            stale_at,
            tries: 0,
        };
        let stale = Some(UnixMillis(5_000));
        assert!(!too_late(&slot(None, stale), UnixMillis(5_000)));
        assert!(too_late(&slot(None, stale), UnixMillis(5_001)));
        let somebody = Some(ContactId::from_raw(7));
        assert!(!too_late(&slot(somebody, stale), UnixMillis(5_001)));
        assert!(!too_late(&slot(None, None), UnixMillis(i64::MAX)));
    }

    #[test]
    fn waits_double_up_to_a_minute() {
        let waits: Vec<i64> = [0, 1, 2, 7, u32::MAX].map(wait_ms).into();
        assert_eq!(waits, [500, 1_000, 2_000, 60_000, 60_000]);
    }
}
