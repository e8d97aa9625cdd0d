//! Making, moving and cancelling appointments: everything that one transaction does.

use chassis::Tx;
use chassis::http::Problem;
use chrono::Duration;
use contract::campaigns::AppointmentEvent;
use contract::{AppointmentId, ContactId, MessageId, Mode, TenantId};

use axum::http::StatusCode;
use chrono_tz::Tz;

use super::change::{self, Effect, Knows, NoticeDecision};
use super::model::{Agreed, Appointment, Attention, Confirmation, Status, Telling, TellingKind};
use super::read::{Ref, Wanted};
use super::replan::{replan, unconfirmed_at, withdraw_old};
use super::rules::Rules;
use super::send::{Hands, announce};
use crate::db;
use crate::db::reminder_plan::ReminderPlan;
use crate::schedule::zone;

/// A request, with everything looked up that stands elsewhere.
#[derive(Debug, Clone)]
pub struct Request {
    pub tenant: TenantId,
    pub mode: Mode,
    pub target: Ref,
    pub wanted: Wanted,
    /// The contact that is named, and their zone.
    pub contact: Option<(ContactId, Option<Tz>)>,
    /// The plan that is named, or else the one called `default`.
    pub plan: Option<ReminderPlan>,
    pub replaces: Option<AppointmentId>,
    /// How long a notice waits for more changes.
    pub debounce: Duration,
}

/// What a request came to.
#[derive(Debug, Clone)]
pub struct Done {
    pub effect: Effect,
    pub appointment: Appointment,
    /// Texts that are wanted back.
    pub withdrawn: Vec<MessageId>,
}

pub async fn put(tx: &Tx, hands: &Hands<'_>, request: &Request) -> anyhow::Result<Done> {
    let before = find(tx, hands, request.tenant, request.mode, &request.target).await?;
    let agreed = agreed(before.as_ref(), request)?;
    let mut effect = match &before {
        None => Effect::Scheduled,
        Some(before) => change::effect(before, request.wanted.source_version, &agreed),
    };
    if let (Some(before), Effect::Unchanged | Effect::IgnoredStale) = (&before, effect) {
        return unchanged(tx, before, request.wanted.source_version, effect).await;
    }
    let (plan, rules) = plan(tx, request, before.as_ref()).await?;
    let replaced = match request.replaces {
        Some(id) => replace(tx, hands, id, before.as_ref()).await?,
        None => None,
    };
    let mut next = next(before.as_ref(), replaced.as_ref(), agreed, request, hands);
    (next.plan, next.plan_version) = plan;
    let former = before.as_ref().or(replaced.as_ref());
    settle_confirmation(&mut next, former, &rules);
    next.unconfirmed_at = unconfirmed_at(&next, &rules, hands.now);
    if let Some(replaced) = &replaced {
        // The row must exist before it is named.
        db::telling::pass_on(tx, replaced.id, next.id).await?;
        if replaced.starts_at != next.starts_at {
            effect = Effect::Rescheduled;
        }
        let gone = Appointment {
            replaced_by: Some(next.id),
            ..replaced.clone()
        };
        db::appointment::save(tx, &gone).await?;
    }
    let tellings = db::telling::of_appointment(tx, next.id).await?;
    let called = settle_notice(&mut next, &rules, &tellings, request.debounce, hands);
    let withdrawn = write(tx, hands, &next, &rules, &tellings).await?;
    let event = match effect {
        Effect::Rescheduled => AppointmentEvent::Rescheduled,
        Effect::Updated => AppointmentEvent::Updated,
        _ => AppointmentEvent::Scheduled,
    };
    announce(tx, hands, &next, event).await?;
    if called {
        announce(tx, hands, &next, AppointmentEvent::NeedsCall).await?;
    }
    Ok(Done {
        effect,
        appointment: next,
        withdrawn,
    })
}

/// Ends an appointment. One that has ended already stays as it is.
pub async fn cancel(
    tx: &Tx,
    hands: &Hands<'_>,
    before: Appointment,
    source_version: Option<i64>,
    debounce: Duration,
) -> anyhow::Result<Done> {
    if before.status != Status::Scheduled {
        return Ok(Done {
            effect: Effect::Unchanged,
            appointment: before,
            withdrawn: Vec::new(),
        });
    }
    let rules = db::reminder_plan::rules(tx, before.plan, before.plan_version).await?;
    let mut next = Appointment {
        status: Status::Cancelled,
        version: before.version.saturating_add(1),
        source_version: source_version.or(before.source_version),
        attention: None,
        attention_reason: None,
        unconfirmed_at: None,
        updated_at: hands.now_millis(),
        ..before
    };
    let tellings = db::telling::of_appointment(tx, next.id).await?;
    let called = settle_notice(&mut next, &rules, &tellings, debounce, hands);
    let withdrawn = write(tx, hands, &next, &rules, &tellings).await?;
    announce(tx, hands, &next, AppointmentEvent::Cancelled).await?;
    if called {
        announce(tx, hands, &next, AppointmentEvent::NeedsCall).await?;
    }
    Ok(Done {
        effect: Effect::Cancelled,
        appointment: next,
        withdrawn,
    })
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
    let found = match target {
        Ref::Id(id) => db::appointment::by_id(tx, tenant, mode, *id).await?,
        Ref::ExternalId(id) => db::appointment::by_external_id(tx, tenant, mode, id).await?,
    };
    match found {
        Some(found) => db::appointment::lock(tx, hands.engine, found.id).await,
        None => Ok(None),
    }
}

async fn unchanged(
    tx: &Tx,
    before: &Appointment,
    source_version: Option<i64>,
    effect: Effect,
) -> anyhow::Result<Done> {
    let mut appointment = before.clone();
    if effect == Effect::Unchanged && source_version > before.source_version {
        appointment.source_version = source_version;
        db::appointment::save(tx, &appointment).await?;
    }
    Ok(Done {
        effect,
        appointment,
        withdrawn: Vec::new(),
    })
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

/// Between the look and the transaction somebody else changed what the look had seen.
fn changed_meanwhile() -> Problem {
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

/// Ends the appointment that another one takes the place of. `None`: it had ended before, or is the same.
async fn replace(
    tx: &Tx,
    hands: &Hands<'_>,
    id: AppointmentId,
    before: Option<&Appointment>,
) -> anyhow::Result<Option<Appointment>> {
    if before.is_some_and(|before| before.id == id) {
        return Ok(None);
    }
    let Some(old) = db::appointment::lock(tx, hands.engine, id).await? else {
        return Ok(None);
    };
    if old.status != Status::Scheduled {
        return Ok(None);
    }
    let gone = Appointment {
        status: Status::Cancelled,
        notice_at: None,
        unconfirmed_at: None,
        updated_at: hands.now_millis(),
        ..old
    };
    let rules = db::reminder_plan::rules(tx, gone.plan, gone.plan_version).await?;
    replan(tx, hands, &gone, &rules).await?;
    Ok(Some(gone))
}

fn next(
    before: Option<&Appointment>,
    replaced: Option<&Appointment>,
    agreed: Agreed,
    request: &Request,
    hands: &Hands<'_>,
) -> Appointment {
    let now = hands.now_millis();
    // Above every version that anything was told under.
    let version = before
        .into_iter()
        .chain(replaced)
        .map(|one| one.version)
        .max()
        .map_or(1, |version| version.saturating_add(1));
    let former = before.or(replaced);
    let contact_zone = match request.contact {
        Some((_, zone)) => zone,
        None => before.and_then(|before| before.contact_zone),
    };
    Appointment {
        id: before.map_or_else(|| AppointmentId::at(hands.now), |before| before.id),
        tenant: request.tenant,
        mode: request.mode,
        external_id: match (&request.target, before) {
            (_, Some(before)) => before.external_id.clone(),
            (Ref::ExternalId(id), None) => Some(id.clone()),
            (Ref::Id(_), None) => None,
        },
        source_version: request
            .wanted
            .source_version
            .or(before.and_then(|before| before.source_version)),
        version,
        starts_at: agreed.starts_at(),
        agreed,
        contact_zone,
        zone_data: zone::DATA_VERSION.to_string(),
        plan: contract::ReminderPlanId::from_raw(0),
        plan_version: 0,
        status: Status::Scheduled,
        confirmation: former.map_or(Confirmation::Unconfirmed, |former| former.confirmation),
        confirmed_version: former.and_then(|former| former.confirmed_version),
        confirmed_starts_at: former.and_then(|former| former.confirmed_starts_at),
        attention: None,
        attention_reason: None,
        notice_at: None,
        unconfirmed_at: None,
        replaced_by: None,
        created_at: before.map_or(now, |before| before.created_at),
        updated_at: now,
    }
}

/// A confirmation holds for what was confirmed, and for what is near enough to it.
fn settle_confirmation(next: &mut Appointment, former: Option<&Appointment>, rules: &Rules) {
    let Some(former) = former else { return };
    let threshold = rules.reconfirm_threshold.nominal();
    let unmoved = former.starts_at == next.starts_at
        && former.agreed.location == next.agreed.location
        && former.agreed.contact == next.agreed.contact
        && former.status == Status::Scheduled;
    if change::keeps_confirmation(former, &next.agreed, threshold) {
        next.confirmation = Confirmation::Confirmed;
        next.confirmed_version = Some(next.version);
    } else if !unmoved {
        next.confirmation = Confirmation::Unconfirmed;
        next.confirmed_version = None;
    }
}

/// Whether and when a notice is due. True: somebody should call.
fn settle_notice(
    next: &mut Appointment,
    rules: &Rules,
    tellings: &[Telling],
    debounce: Duration,
    hands: &Hands<'_>,
) -> bool {
    next.notice_at = None;
    let decision = change::decision(next, tellings, hands.now_millis());
    if decision == NoticeDecision::NotNeeded {
        return false;
    }
    let at = change::notice_at(next, rules, debounce, hands.now);
    let knows = change::knows(next, tellings);
    let kind = change::notice(next, &knows, hands.now_millis());
    let told = matches!(knows, Knows::Told(_));
    if told && kind.is_some_and(|kind| template(rules, kind).is_none()) {
        next.call_for(Attention::NeedsCall, "no_template");
        return true;
    }
    next.notice_at = Some(at.into());
    if change::too_late_to_text(&knows, at) || next.starts_at.to_utc() <= at {
        next.call_for(Attention::NeedsCall, "notice_too_late");
        return true;
    }
    false
}

pub fn template(rules: &Rules, kind: TellingKind) -> Option<contract::TemplateId> {
    match kind {
        TellingKind::Reminder => None,
        TellingKind::Moved => rules.templates.moved,
        TellingKind::Cancelled => rules.templates.cancelled,
        TellingKind::Confirmed => rules.templates.confirmed,
        TellingKind::Reschedule => rules.templates.reschedule,
        TellingKind::CancelRequest => rules.templates.cancel_request,
        TellingKind::Which => rules.templates.which,
    }
}

/// Saves it, wants back what is on its way of older versions, and plans anew.
async fn write(
    tx: &Tx,
    hands: &Hands<'_>,
    next: &Appointment,
    rules: &Rules,
    tellings: &[Telling],
) -> anyhow::Result<Vec<MessageId>> {
    if !db::appointment::save(tx, next).await? {
        return Err(changed_meanwhile().into());
    }
    let withdrawn = withdraw_old(tx, hands, next, tellings).await?;
    replan(tx, hands, next, rules).await?;
    Ok(withdrawn)
}
