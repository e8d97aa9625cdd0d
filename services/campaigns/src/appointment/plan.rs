//! When the reminders of an appointment are due. Pure: the clock, the zones and what was sent are arguments.
//!
//! Two clocks count. The appointment's own says what "two days before, same time" is; the contact's says when they may
//! be disturbed.

use chrono::{DateTime, Duration, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;

use super::rules::{Late, Outside, Step};
use crate::schedule::{Window, zone};

/// Everything a plan follows from.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The start as the clocks of `zone` show it. The instant follows from it.
    pub starts: NaiveDateTime,
    pub zone: Tz,
    /// Whose hours the window counts in.
    pub contact_zone: Tz,
    pub steps: &'a [Step],
    pub window: Window,
    /// Where a reminder goes that may not leave at its time and goes earlier, if that lies in the window.
    pub earlier_at: NaiveTime,
    /// The least time between two texts.
    pub min_gap: Duration,
    pub now: DateTime<Utc>,
    /// Texts about this appointment that have left or surely will, such as the notice of a move.
    pub fixed: &'a [DateTime<Utc>],
    /// Ids of steps that were planned before, for the same target, and were still to be sent: they are not late, although
    /// their target may have passed since.
    pub waiting: &'a [&'a str],
}

/// What became of one step, in the order of the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// What the offset alone says.
    pub target: DateTime<Utc>,
    /// `None`: it is skipped.
    pub due: Option<DateTime<Utc>>,
    pub why: Why,
}

/// Why a reminder is due when it is, or is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Why {
    OnTime,
    /// Its time had passed when it was planned; it is sent as soon as it may.
    SendNow,
    /// Its time lies outside the window; it waits until the window opens.
    QuietLater,
    /// Its time lies outside the window; it goes before.
    QuietEarlier,
    /// Skipped: its time had passed when it was planned.
    LateBooking,
    /// Skipped: its time lies outside the window, and the step says so.
    QuietHours,
    /// Skipped: no time between now and the start is allowed.
    NoWindow,
    /// Skipped: it would come less than `min_lead` before the start.
    TooClose,
    /// Skipped: another text comes within `min_gap`.
    Collapsed,
}

impl Why {
    /// The code in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OnTime => "on_time",
            Self::SendNow => "send_now",
            Self::QuietLater => "quiet_later",
            Self::QuietEarlier => "quiet_earlier",
            Self::LateBooking => "late_booking",
            Self::QuietHours => "quiet_hours",
            Self::NoWindow => "no_window",
            Self::TooClose => "too_close",
            Self::Collapsed => "collapsed",
        }
    }
}

/// Plans every step. What is due keeps the order of the targets, lies in the window, is not past and comes at least
/// `min_lead` before the start.
pub fn plan(asked: &Asked<'_>) -> Vec<Planned> {
    let start = zone::instant(asked.starts, asked.zone);
    let mut planned: Vec<Planned> = asked
        .steps
        .iter()
        .map(|step| one(asked, step, start))
        .collect();
    collapse(asked, &mut planned);
    planned
}

/// The instant that a step's offset says.
pub fn target(step: &Step, starts: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    match step.at {
        // "Two days before, at 18:00": the day counts, not the hour of the appointment.
        Some(at) => zone::instant(step.offset.days_away(starts).date().and_time(at), zone),
        None => step.offset.from_local(starts, zone),
    }
}

fn one(asked: &Asked<'_>, step: &Step, start: DateTime<Utc>) -> Planned {
    let target = target(step, asked.starts, asked.zone);
    let skipped = |why| Planned {
        target,
        due: None,
        why,
    };
    let (window, zone) = (asked.window, asked.contact_zone);
    let latest = start - step.min_lead();
    let (mut due, mut why) = (target, Why::OnTime);
    if target < asked.now {
        let soon = window.next_allowed(asked.now, zone);
        (due, why) = match still_waits(asked, step, target, latest) {
            Some(found) => found,
            None if step.late == Late::Skip || soon > latest => {
                return skipped(Why::LateBooking);
            }
            None => (soon, Why::SendNow),
        };
    }
    if !window.contains(due, zone) {
        let later = window.next_allowed(due, zone);
        (due, why) = match step.outside {
            Outside::Skip => return skipped(Why::QuietHours),
            Outside::Later if later <= latest => (later, Why::QuietLater),
            Outside::Later | Outside::Earlier => match earlier(asked, due) {
                Some(earlier) => (earlier, Why::QuietEarlier),
                None => return skipped(Why::NoWindow),
            },
        };
    }
    if due > latest {
        return skipped(Why::TooClose);
    }
    Planned {
        target,
        due: Some(due),
        why,
    }
}

/// The time of a step that waits although its target has passed; `None` where it does not, or may not go later.
fn still_waits(
    asked: &Asked<'_>,
    step: &Step,
    target: DateTime<Utc>,
    latest: DateTime<Utc>,
) -> Option<(DateTime<Utc>, Why)> {
    if !asked.waiting.contains(&step.id.as_str()) {
        return None;
    }
    let (window, zone) = (asked.window, asked.contact_zone);
    let why = match step.outside {
        _ if window.contains(target, zone) => Why::OnTime,
        Outside::Later => Why::QuietLater,
        Outside::Earlier | Outside::Skip => return None,
    };
    let due = window.next_allowed(target.max(asked.now), zone);
    (due <= latest).then_some((due, why))
}

/// The allowed moment before `due` that a shifted reminder takes; `None` where it would be past.
fn earlier(asked: &Asked<'_>, due: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let (window, zone, now) = (asked.window, asked.contact_zone, asked.now);
    let wanted = window.last_allowed_before(due, zone, Some(asked.earlier_at));
    if wanted >= now {
        return Some(wanted);
    }
    // The hour that was wanted is over, but the window may still be open.
    let last = window.last_allowed_before(due, zone, None);
    let soon = window.next_allowed(now, zone);
    (soon <= last).then_some(soon)
}

/// Of texts closer than `min_gap` the one nearer to the start stays. So does the order: a reminder that was moved
/// past the next one would tell the same thing later.
fn collapse(asked: &Asked<'_>, planned: &mut [Planned]) {
    let mut order: Vec<usize> = (0..planned.len()).collect();
    order.sort_by_key(|index| planned.get(*index).map(|one| (one.target, *index)));
    let mut next: Option<DateTime<Utc>> = None;
    for index in order.into_iter().rev() {
        let Some(one) = planned.get_mut(index) else {
            continue;
        };
        let Some(due) = one.due else { continue };
        let too_near = |next: DateTime<Utc>| due > next || next - due < asked.min_gap;
        // What has left is not taken back, and what comes before a notice would spoil it.
        let after_fixed = |fixed: &DateTime<Utc>| due < *fixed + asked.min_gap;
        if next.is_some_and(too_near) || asked.fixed.iter().any(after_fixed) {
            one.due = None;
            one.why = Why::Collapsed;
        } else {
            next = Some(due);
        }
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "plan_zones.rs"]
mod zones;
