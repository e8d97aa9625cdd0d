//! What an appointment is after a change, and writing it down.

use chassis::Tx;
use chrono::Duration;
use contract::{AppointmentId, MessageId, UnixMillis};

use super::change::{self, Knows, NoticeDecision};
use super::model::{
    Agreed, Appointment, Attention, Confirmation, Reminder, Status, Telling, TellingKind,
};
use super::put::{Request, changed_meanwhile};
use super::read::Ref;
use super::replan::{take_over, withdraw_old};
use super::rules::Rules;
use super::send::Hands;
use crate::db;
use crate::schedule::zone;

/// The next version of it. `before`: as it was; `replaced`: the one whose place it takes.
pub fn next(
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
    let contact_zone = match request.zone(agreed.contact) {
        Some(zone) => zone,
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
        moves: former.map_or(0, |former| former.moves),
        confirmed_at: former.and_then(|former| former.confirmed_at),
        confirmed_by: former.and_then(|former| former.confirmed_by.clone()),
        answer_ms: former.and_then(|former| former.answer_ms),
        created_at: before.map_or(now, |before| before.created_at),
        updated_at: now,
    }
}

/// A confirmation holds for what was confirmed, and for what is near enough to it.
pub fn settle_confirmation(next: &mut Appointment, former: Option<&Appointment>, rules: &Rules) {
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
pub fn settle_notice(
    next: &mut Appointment,
    rules: &Rules,
    tellings: &[Telling],
    debounce: Duration,
    hands: &Hands<'_>,
) -> bool {
    next.notice_at = None;
    if change::believes_in_what_is_over(next, tellings, hands.now_millis()) {
        next.call_for(Attention::NeedsCall, "moved_to_past");
        return true;
    }
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

/// The same appointment, cancelled: nothing of it is to come, and nobody is asked to look at it.
pub fn cancelled(before: Appointment, now: UnixMillis) -> Appointment {
    Appointment {
        status: Status::Cancelled,
        version: before.version.saturating_add(1),
        attention: None,
        attention_reason: None,
        notice_at: None,
        unconfirmed_at: None,
        updated_at: now,
        ..before
    }
}

/// Saves it, wants back what is on its way of older versions, and plans anew. `reminders`: those of the appointment
/// whose place it has just taken.
pub async fn write(
    tx: &Tx,
    hands: &Hands<'_>,
    next: &Appointment,
    rules: &Rules,
    (tellings, reminders): (&[Telling], &[Reminder]),
) -> anyhow::Result<Vec<MessageId>> {
    if !db::appointment::save(tx, next).await? {
        return Err(changed_meanwhile().into());
    }
    let withdrawn = withdraw_old(tx, hands, next, tellings).await?;
    take_over(tx, hands, next, rules, reminders).await?;
    Ok(withdrawn)
}
