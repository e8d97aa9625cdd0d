//! How a kept schedule is shown.

use contract::UnixMillis;

use super::{At, LocalTime, Schedule};
use crate::api::leaving;
use crate::local_time::Leaving;
use crate::schedule::{IsoDuration, Planned, Rule};

/// What was asked for, as far as it is kept.
pub fn shown(
    at: Option<UnixMillis>,
    planned: Option<&Planned>,
    local_time: Option<&Leaving>,
) -> Option<Schedule> {
    match local_time {
        Some(rule) if rule.at.is_some() => Some(leaving::shown(rule, Schedule::default())),
        Some(rule) => {
            let start = started(at, planned).unwrap_or_default();
            Some(leaving::shown(rule, start))
        }
        None => started(at, planned),
    }
}

/// The part that says when the campaign starts.
fn started(at: Option<UnixMillis>, planned: Option<&Planned>) -> Option<Schedule> {
    match planned {
        Some(Planned::Local {
            local, timezone, ..
        }) => Some(Schedule {
            at: Some(At::Local(LocalTime {
                local: local.format("%Y-%m-%dT%H:%M").to_string(),
                timezone: Some(timezone.clone()),
                resolve: None,
            })),
            ..Schedule::default()
        }),
        Some(Planned::Recurring(recurrence)) => {
            let (cron, rrule, start) = match &recurrence.rule {
                Rule::Cron(cron) => (Some(cron.clone()), None, None),
                Rule::Rrule { rule, start } => (
                    None,
                    Some(rule.clone()),
                    Some(start.format("%Y-%m-%dT%H:%M").to_string()),
                ),
            };
            let late = IsoDuration::of_seconds(i64::from(recurrence.late_seconds));
            Some(Schedule {
                cron,
                rrule,
                start,
                timezone: Some(recurrence.timezone.clone()),
                late: late.map(|late| late.to_string()),
                ..Schedule::default()
            })
        }
        None => at.map(|at| Schedule {
            at: Some(At::Instant(
                at.to_utc()
                    .to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
            )),
            ..Schedule::default()
        }),
    }
}
