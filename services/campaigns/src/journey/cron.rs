//! The schedule of a trigger.

use chrono::{Duration, NaiveDateTime};

use super::model::{Missed, Recurrence};
use crate::schedule::cron::{Cron, CronError};
use crate::schedule::recurrence::{self, Recurring, Rule};
use crate::schedule::round::CONTACT;
use crate::schedule::rrule::Rrule;

/// A slot found later than this is skipped, in seconds.
const LATE_SECONDS: u32 = 3_600;
/// Where missed slots are caught up: every downtime is shorter.
const NEVER_LATE_SECONDS: u32 = 366 * 86_400;

/// Each contact's own clock counts.
pub fn each_clock(schedule: &Recurrence) -> bool {
    schedule.timezone.as_deref() == Some(CONTACT)
}

/// A slot found later than this is skipped.
pub fn late(schedule: &Recurrence) -> Duration {
    Duration::seconds(i64::from(late_seconds(schedule)))
}

const fn late_seconds(schedule: &Recurrence) -> u32 {
    match schedule.missed {
        Missed::Skip => LATE_SECONDS,
        Missed::RunOnce => NEVER_LATE_SECONDS,
    }
}

/// The schedule, ready to be asked. An error in words.
pub fn recurring(schedule: &Recurrence) -> Result<Recurring, String> {
    let rule = match (&schedule.cron, &schedule.rrule) {
        (Some(cron), _) => Rule::Cron(cron.clone()),
        (None, Some(rule)) => Rule::Rrule {
            rule: rule.clone(),
            start: schedule
                .start
                .as_deref()
                .and_then(local)
                .ok_or("`rrule` wants a `start`")?,
        },
        (None, None) => return Err("there is neither `cron` nor `rrule`".to_string()),
    };
    let recurrence = recurrence::Recurrence {
        rule,
        timezone: match schedule.timezone.as_deref() {
            Some(zone) => zone.to_string(),
            None => "UTC".to_string(),
        },
        late_seconds: late_seconds(schedule),
    };
    recurrence.read().map_err(|error| error.to_string())
}

/// A local date and time.
pub fn local(text: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").ok()
}

/// Why an `rrule` cannot be read: code, words, hint.
pub fn rrule_fault(rule: &str, start: NaiveDateTime) -> Option<(&'static str, String, String)> {
    let error = Rrule::parse(rule, start).err()?;
    Some((error.code(), error.to_string(), error.hint.clone()))
}

/// Why this is no schedule: code, words, hint.
pub fn fault(text: &str) -> Option<(&'static str, String, String)> {
    let error: CronError = text.parse::<Cron>().err()?;
    let said = format!("`{text}`: {} (at character {}).", error.what, error.at + 1);
    Some((error.code(), said, error.hint.clone()))
}
