//! Making, moving and cancelling appointments: everything that one transaction does.

use chassis::Tx;
use chassis::http::Problem;
use chrono::Duration;
use contract::campaigns::AppointmentEvent;
use contract::{AppointmentId, ContactId, MessageId, Mode, TenantId};

use axum::http::StatusCode;
use chrono_tz::Tz;

use super::change::{self, Effect, NoticeDecision, Told};
use super::join;
use super::model::{Agreed, Appointment, Status};
use super::next::{cancelled, next, settle_confirmation, settle_notice, write};
use super::read::{Ref, Wanted};
use super::replan::{self, replan, unconfirmed_at};
use super::rules::Rules;
use super::send::{Hands, announce, announce_to_both};
use crate::db;
use crate::db::reminder_plan::ReminderPlan;

/// A request, with everything looked up that stands elsewhere.
#[derive(Debug, Clone)]
pub struct Request {
    pub tenant: TenantId,
    pub mode: Mode,
    pub target: Ref,
    pub wanted: Wanted,
    /// The contact that is named, and their zone.
    pub contact: Option<(ContactId, Option<Tz>)>,
    /// Where none is named: the contact that it had when it was looked up, and their zone.
    pub known: Option<(ContactId, Option<Tz>)>,
    /// The plan that is named, or else the one called `default`.
    pub plan: Option<ReminderPlan>,
    pub replaces: Option<AppointmentId>,
    pub waits: Waits,
}

impl Request {
    /// The zone of a contact, as far as it was looked up.
    pub fn zone(&self, of: ContactId) -> Option<Option<Tz>> {
        let looked_up = [self.contact, self.known].into_iter().flatten();
        let mut found = looked_up.filter(|(contact, _)| *contact == of);
        found.next().map(|(_, zone)| zone)
    }
}

/// How long changes are waited for.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    /// A notice waits so long for more changes.
    pub debounce: Duration,
    /// A cancellation and a booking no farther apart are one move; zero: they never are.
    pub join: Duration,
}

/// What a request came to.
#[derive(Debug, Clone)]
pub struct Done {
    pub effect: Effect,
    pub appointment: Appointment,
    /// Texts that are wanted back.
    pub withdrawn: Vec<MessageId>,
    /// Whose notice depends on them, and in which version.
    pub noticed: (AppointmentId, u32),
}

impl Done {
    fn of(effect: Effect, appointment: Appointment, withdrawn: Vec<MessageId>) -> Self {
        Self {
            effect,
            noticed: (appointment.id, appointment.version),
            appointment,
            withdrawn,
        }
    }
}

pub async fn put(tx: &Tx, hands: &Hands<'_>, request: &Request) -> anyhow::Result<Done> {
    let before = find(tx, hands, request.tenant, request.mode, &request.target).await?;
    let agreed = agreed(before.as_ref(), request)?;
    let named = match request.replaces {
        Some(id) => join::named(tx, hands, id, before.as_ref()).await?,
        None => None,
    };
    let mut effect = match &before {
        None => Effect::Scheduled,
        Some(before) => change::effect(before, told(request, &agreed, named.is_some())),
    };
    if let (Some(before), Effect::Unchanged | Effect::IgnoredStale) = (&before, effect) {
        return unchanged(tx, hands, before, request, effect).await;
    }
    let (plan, rules) = plan(tx, request, before.as_ref()).await?;
    let replaced = match (request.replaces, &before) {
        (Some(_), _) => named,
        (None, None) => join::cancelled_just_now(tx, hands, request, &agreed, plan.0).await?,
        (None, Some(_)) => None,
    };
    let mut next = next(before.as_ref(), replaced.as_ref(), agreed, request, hands);
    (next.plan, next.plan_version) = plan;
    let former = before.as_ref().or(replaced.as_ref());
    settle_confirmation(&mut next, former, &rules);
    if let (Some(_), Some(replaced)) = (&before, &replaced) {
        join::inherit(&mut next, replaced, &rules);
    }
    next.unconfirmed_at = unconfirmed_at(&next, &rules, hands.now);
    let mut reminders = Vec::new();
    if let Some(replaced) = replaced {
        if replaced.starts_at != next.starts_at {
            effect = Effect::Rescheduled;
        }
        let stood = replaced.status == Status::Scheduled;
        let (gone, former) = join::give_place(tx, hands, replaced, next.id).await?;
        if stood {
            announce(tx, hands, &gone, AppointmentEvent::Cancelled).await?;
        }
        reminders = former;
    }
    next.moves += u32::from(effect == Effect::Rescheduled);
    let tellings = db::telling::of_appointment(tx, next.id).await?;
    let called = settle_notice(&mut next, &rules, &tellings, request.waits.debounce, hands);
    let withdrawn = write(tx, hands, &next, &rules, (&tellings, &reminders)).await?;
    let event = match effect {
        Effect::Rescheduled => AppointmentEvent::Rescheduled,
        Effect::Updated => AppointmentEvent::Updated,
        _ => AppointmentEvent::Scheduled,
    };
    let former = before.filter(|before| before.status == Status::Scheduled);
    match former.map(|before| before.agreed.contact) {
        Some(former) if former != next.agreed.contact => {
            announce_to_both(tx, hands, &next, event, former).await?;
        }
        _ => announce(tx, hands, &next, event).await?,
    }
    if called {
        announce(tx, hands, &next, AppointmentEvent::NeedsCall).await?;
    }
    Ok(Done::of(effect, next, withdrawn))
}

/// Ends an appointment. One that has ended already stays as it is.
pub async fn cancel(
    tx: &Tx,
    hands: &Hands<'_>,
    before: Appointment,
    source_version: Option<i64>,
    waits: Waits,
) -> anyhow::Result<Done> {
    if before.status != Status::Scheduled {
        return Ok(Done::of(Effect::Unchanged, before, Vec::new()));
    }
    let mut next = Appointment {
        source_version: source_version.or(before.source_version),
        ..cancelled(before, hands.now_millis())
    };
    if let Some(successor) = join::booked_just_now(tx, hands, &next, waits.join).await? {
        let (gone, noticed, withdrawn) =
            join::into(tx, hands, next, successor, waits.debounce).await?;
        announce(tx, hands, &gone, AppointmentEvent::Cancelled).await?;
        return Ok(Done {
            noticed,
            ..Done::of(Effect::Cancelled, gone, withdrawn)
        });
    }
    let rules = db::reminder_plan::rules(tx, next.plan, next.plan_version).await?;
    let tellings = db::telling::of_appointment(tx, next.id).await?;
    let called = settle_notice(&mut next, &rules, &tellings, waits.debounce, hands);
    let withdrawn = write(tx, hands, &next, &rules, (&tellings, &[])).await?;
    announce(tx, hands, &next, AppointmentEvent::Cancelled).await?;
    if called {
        announce(tx, hands, &next, AppointmentEvent::NeedsCall).await?;
    }
    Ok(Done::of(Effect::Cancelled, next, withdrawn))
}

/// Once consent has said what left: whether the notice is needed after all. What is as it was is not written.
pub async fn reconsider(
    tx: &Tx,
    hands: &Hands<'_>,
    id: AppointmentId,
    version: u32,
) -> anyhow::Result<Option<Appointment>> {
    let found = db::appointment::lock(tx, hands.engine, id).await?;
    let Some(mut appointment) = found.filter(|one| one.version == version) else {
        return Ok(None);
    };
    let tellings = db::telling::of_appointment(tx, id).await?;
    let decided = change::decision(&appointment, &tellings, hands.now_millis());
    if decided == NoticeDecision::NotNeeded && appointment.notice_at.is_some() {
        appointment.notice_at = None;
        db::appointment::save(tx, &appointment).await?;
        let rules =
            db::reminder_plan::rules(tx, appointment.plan, appointment.plan_version).await?;
        replan(tx, hands, &appointment, &rules).await?;
    }
    Ok(Some(appointment))
}

/// The appointment that is named, locked.
pub async fn find(
    tx: &Tx,
    hands: &Hands<'_>,
    tenant: TenantId,
    mode: Mode,
    target: &Ref,
) -> anyhow::Result<Option<Appointment>> {
    match look_up(tx, tenant, mode, target).await? {
        Some(found) => db::appointment::lock(tx, hands.engine, found.id).await,
        None => Ok(None),
    }
}

/// The same for one that is to be cancelled: whoever books for its contact right now is waited for, so that each of
/// the two sees the other.
pub async fn find_in_turn(
    tx: &Tx,
    hands: &Hands<'_>,
    tenant: TenantId,
    mode: Mode,
    target: &Ref,
) -> anyhow::Result<Option<Appointment>> {
    let Some(found) = look_up(tx, tenant, mode, target).await? else {
        return Ok(None);
    };
    db::turn::take(tx, hands.engine, [found.agreed.contact]).await?;
    db::appointment::lock(tx, hands.engine, found.id).await
}

async fn look_up(
    tx: &Tx,
    tenant: TenantId,
    mode: Mode,
    target: &Ref,
) -> anyhow::Result<Option<Appointment>> {
    match target {
        Ref::Id(id) => db::appointment::by_id(tx, tenant, mode, *id).await,
        Ref::ExternalId(id) => db::appointment::by_external_id(tx, tenant, mode, id).await,
    }
}

async fn unchanged(
    tx: &Tx,
    hands: &Hands<'_>,
    before: &Appointment,
    request: &Request,
    effect: Effect,
) -> anyhow::Result<Done> {
    let mut appointment = before.clone();
    let source_version = request.wanted.source_version;
    if effect == Effect::Unchanged && source_version > before.source_version {
        appointment.source_version = source_version;
        db::appointment::save(tx, &appointment).await?;
    }
    if let Some(zone) = request.zone(before.agreed.contact) {
        replan::contact_zone(tx, hands, &mut appointment, zone).await?;
    }
    Ok(Done::of(effect, appointment, Vec::new()))
}

/// What is agreed now: what the request says, and of the rest what was agreed before.
fn agreed(before: Option<&Appointment>, request: &Request) -> Result<Agreed, Problem> {
    let wanted = &request.wanted;
    let known = before.map(|before| &before.agreed);
    let contact = request
        .contact
        .map(|(contact, _)| contact)
        .or(known.map(|known| known.contact))
        .ok_or_else(changed_meanwhile)?;
    let words = |said: &Option<String>, known: Option<&String>| {
        said.clone().or_else(|| known.cloned()).unwrap_or_default()
    };
    Ok(Agreed {
        contact,
        local: wanted.local,
        timezone: wanted.timezone,
        minutes: wanted.minutes.or(known.and_then(|known| known.minutes)),
        subject: words(&wanted.subject, known.map(|known| &known.subject)),
        location: words(&wanted.location, known.map(|known| &known.location)),
        for_person: words(&wanted.for_person, known.map(|known| &known.for_person)),
    })
}

fn told<'a>(request: &Request, agreed: &'a Agreed, takes_place: bool) -> Told<'a> {
    let wanted = &request.wanted;
    let plan = request.plan.as_ref().filter(|_| wanted.plan.is_some());
    Told {
        source_version: wanted.source_version,
        agreed,
        plan: plan.map(|plan| plan.id),
        takes_place,
    }
}

/// Between the look and the transaction somebody else changed what the look had seen.
pub(super) fn changed_meanwhile() -> Problem {
    let detail = "the appointment was changed by somebody else just now; try again";
    Problem::new(StatusCode::CONFLICT, "appointment.changed", detail)
}

type PlanVersion = (contract::ReminderPlanId, u32);

/// The plan it is under from now on, in its newest version: the one named, else its own, else the one called `default`.
async fn plan(
    tx: &Tx,
    request: &Request,
    before: Option<&Appointment>,
) -> anyhow::Result<(PlanVersion, Rules)> {
    let own = before.filter(|_| request.wanted.plan.is_none());
    if let Some(own) = own {
        let (tenant, mode) = (request.tenant, request.mode);
        if let Some(plan) = db::reminder_plan::by_id(tx, tenant, mode, own.plan).await? {
            return Ok(((plan.id, plan.version), plan.rules));
        }
        let rules = db::reminder_plan::rules(tx, own.plan, own.plan_version).await?;
        return Ok(((own.plan, own.plan_version), rules));
    }
    match &request.plan {
        Some(plan) => Ok(((plan.id, plan.version), plan.rules.clone())),
        None => Err(changed_meanwhile().into()),
    }
}
