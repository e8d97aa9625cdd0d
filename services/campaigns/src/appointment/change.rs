//! What a change of an appointment means. Pure.

use chrono::{DateTime, Duration, Utc};
use contract::{ReminderPlanId, UnixMillis};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{Agreed, Appointment, Confirmation, Status, Telling, TellingKind, TellingState};
use super::rules::Rules;

/// What a request did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It is new, or agreed again after it had ended.
    Scheduled,
    /// It has another time or place.
    Rescheduled,
    /// Something else about it is new.
    Updated,
    Unchanged,
    /// The source has said something newer before; nothing was changed.
    IgnoredStale,
    Cancelled,
}

/// What a request says of an appointment that is known.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    pub source_version: Option<i64>,
    pub agreed: &'a Agreed,
    /// The reminder plan, where one is named.
    pub plan: Option<ReminderPlanId>,
    /// It takes the place of another one, which has not given it up before.
    pub takes_place: bool,
}

/// What that changes.
pub fn effect(before: &Appointment, told: Told<'_>) -> Effect {
    let agreed = told.agreed;
    match (before.source_version, told.source_version) {
        (Some(known), Some(told)) if told < known => return Effect::IgnoredStale,
        (Some(known), Some(told)) if told == known => return Effect::Unchanged,
        _ => {}
    }
    let same_time = before.starts_at == agreed.starts_at() && before.agreed.local == agreed.local;
    let same_place = before.agreed.location == agreed.location;
    match before.status {
        // A source that repeats itself does not revive what took place.
        Status::Completed | Status::NoShow if same_time => Effect::Unchanged,
        Status::Cancelled | Status::Completed | Status::NoShow => Effect::Scheduled,
        Status::Scheduled if !same_time || !same_place => Effect::Rescheduled,
        Status::Scheduled => {
            // A new version of the same plan is for those that change.
            let other_plan = told.plan.is_some_and(|plan| plan != before.plan);
            if before.agreed == *agreed && !other_plan && !told.takes_place {
                Effect::Unchanged
            } else {
                Effect::Updated
            }
        }
    }
}

/// Whether what the person confirmed is near enough to what is agreed now.
pub fn keeps_confirmation(before: &Appointment, agreed: &Agreed, threshold: Duration) -> bool {
    // What was moved away and comes back is still confirmed, as long as nobody was told of the move.
    let (Confirmation::Confirmed | Confirmation::Unconfirmed, Some(confirmed)) =
        (before.confirmation, before.confirmed_starts_at)
    else {
        return false;
    };
    // Counted from what was confirmed, so that many small moves are one large one.
    let moved = Duration::milliseconds(agreed.starts_at().0.saturating_sub(confirmed.0).abs());
    let same_place = before.agreed.location == agreed.location;
    let same_person = before.agreed.contact == agreed.contact;
    same_place && same_person && (moved.is_zero() || moved < threshold)
}

/// What a person knows of an appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Knows<'t> {
    Nothing,
    /// Texts are on their way of which nobody knows yet whether they leave.
    Maybe,
    Told(&'t Telling),
}

/// Whether a text tells this person what is agreed now. One that is on its way may go on then.
pub fn is_true(telling: &Telling, appointment: &Appointment) -> bool {
    let says_so = matches!(telling.kind, TellingKind::Reminder | TellingKind::Moved);
    says_so
        && appointment.status == Status::Scheduled
        && telling.contact == appointment.agreed.contact
        && telling.starts_at == appointment.starts_at
        && telling.location == appointment.agreed.location
}

/// By everything that was told of it, the first first.
pub fn knows<'t>(appointment: &Appointment, tellings: &'t [Telling]) -> Knows<'t> {
    let mut of_person = tellings
        .iter()
        .rev()
        .filter(|telling| telling.contact == appointment.agreed.contact)
        .filter(|telling| telling.kind != TellingKind::Which);
    let open = |telling: &Telling| {
        telling.version < appointment.version
            && matches!(telling.state, TellingState::Queued | TellingState::Held)
            && !is_true(telling, appointment)
    };
    if of_person.clone().any(open) {
        return Knows::Maybe;
    }
    // An answer with the new time that is on its way does what a notice would do.
    let told = |telling: &&Telling| {
        let same = telling.version == appointment.version;
        let says_so = matches!(telling.kind, TellingKind::Moved | TellingKind::Cancelled);
        telling.state == TellingState::Left
            || telling.state != TellingState::Never && same && says_so
    };
    of_person.find(told).map_or(Knows::Nothing, Knows::Told)
}

/// It was moved into the past, and the person still expects it.
pub fn believes_in_what_is_over(
    appointment: &Appointment,
    tellings: &[Telling],
    now: UnixMillis,
) -> bool {
    let over = appointment.status == Status::Scheduled && appointment.starts_at <= now;
    match knows(appointment, tellings) {
        Knows::Told(told) => over && told.kind != TellingKind::Cancelled && told.starts_at > now,
        Knows::Nothing | Knows::Maybe => false,
    }
}

/// The notice that a person needs who knows this, at this moment; `None` where what they know is true.
pub fn notice(
    appointment: &Appointment,
    knows: &Knows<'_>,
    now: UnixMillis,
) -> Option<TellingKind> {
    if appointment.starts_at <= now {
        return None;
    }
    match (appointment.status, knows) {
        (Status::Scheduled, Knows::Told(told)) => {
            let wrong = told.kind == TellingKind::Cancelled
                || told.starts_at != appointment.starts_at
                || told.location != appointment.agreed.location;
            wrong.then_some(TellingKind::Moved)
        }
        (Status::Cancelled, Knows::Told(told)) => {
            (told.kind != TellingKind::Cancelled).then_some(TellingKind::Cancelled)
        }
        // Somebody confirmed it without a text of ours.
        (Status::Cancelled, Knows::Nothing)
            if appointment.confirmation == Confirmation::Confirmed =>
        {
            Some(TellingKind::Cancelled)
        }
        _ => None,
    }
}

/// What the answer to a request says of the notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeDecision {
    /// Nobody was told anything that is not true any more.
    NotNeeded,
    /// It goes out at `notice_at`, unless what the person knows is true again by then.
    WillSend,
    /// A text of the former version is just leaving; it is decided at `notice_at`.
    Undecided,
    /// Somebody was told what is not true any more, and the reminder plan has no template for it.
    NoTemplate,
}

/// When a notice goes out that is decided on now: after a while in which a burst of changes becomes one, and when the
/// person may be disturbed.
pub fn notice_at(
    appointment: &Appointment,
    rules: &Rules,
    debounce: Duration,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    let zone = appointment.quiet_zone();
    rules.window.next_allowed(now + debounce, zone)
}

/// Whether somebody should call rather than wait for the notice: what the person believes happens before it comes, or
/// hardly after.
pub fn too_late_to_text(knows: &Knows<'_>, notice_at: DateTime<Utc>) -> bool {
    match knows {
        Knows::Told(told) => {
            told.kind != TellingKind::Cancelled
                && told.starts_at.to_utc() < notice_at + Duration::minutes(30)
        }
        Knows::Nothing | Knows::Maybe => false,
    }
}

/// As far as can be said when the change is made. What it will be is decided when its time comes.
pub fn decision(
    appointment: &Appointment,
    tellings: &[Telling],
    now: UnixMillis,
) -> NoticeDecision {
    let knows = knows(appointment, tellings);
    match (&knows, notice(appointment, &knows, now)) {
        (Knows::Maybe, _) if appointment.starts_at > now => NoticeDecision::Undecided,
        (_, Some(_)) => NoticeDecision::WillSend,
        _ => NoticeDecision::NotNeeded,
    }
}

#[cfg(test)]
#[path = "change_tests.rs"]
mod tests;
