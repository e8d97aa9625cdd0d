//! A campaign that starts again and again: by cron, or by a rule of RFC 5545.

use chrono::{DateTime, Duration, Utc};
use contract::Class;

use super::{Checked, Fault, LOCAL_FORM, Schedule, local_time};
use crate::config::Config;
use crate::schedule::recurrence::RecurrenceError;
use crate::schedule::round::{CONTACT, ROUND};
use crate::schedule::{IsoDuration, Planned, Recurrence, Rule, zone};

const LATE_LONGEST: Duration = Duration::days(7);

impl Schedule {
    pub(super) fn recurring(&self, config: &Config) -> Result<Checked, Vec<Fault>> {
        let mut faults = Vec::new();
        let late_seconds = match self.late.as_deref().map(late) {
            None => config.recurring_late_minutes.saturating_mul(60),
            Some(Ok(seconds)) => seconds,
            Some(Err(detail)) => {
                faults.push(("/schedule/late", "duration.invalid", detail));
                0
            }
        };
        if self.timezone.is_none() {
            let detail = "Say in which zone the rule is meant, such as America/New_York, or `contact` for each contact's own.";
            faults.push(("/schedule/timezone", "field.required", detail.to_string()));
        }
        let rule = match (&self.cron, &self.rrule) {
            (Some(cron), _) => {
                if self.start.is_some() {
                    let detail = "`start` goes with `rrule`; a cron begins at the launch.";
                    faults.push(("/schedule/start", "field.invalid", detail.to_string()));
                }
                Some(Rule::Cron(cron.clone()))
            }
            (None, rrule) => match self.start.as_deref().map(local_time) {
                Some(Some(start)) => Some(Rule::Rrule {
                    rule: rrule.clone().unwrap_or_default(),
                    start,
                }),
                Some(None) => {
                    faults.push(("/schedule/start", "time.malformed", LOCAL_FORM.to_string()));
                    None
                }
                None => {
                    let detail = "An `rrule` wants the local time of its first slot.";
                    faults.push(("/schedule/start", "field.required", detail.to_string()));
                    None
                }
            },
        };
        // Rule and zone are each read, so that the faults of both are told.
        let timezone = self.timezone.clone().unwrap_or_else(|| "UTC".to_string());
        if timezone != CONTACT
            && let Err(unknown) = zone::parse(&timezone)
        {
            faults.push(("/schedule/timezone", zone::UNKNOWN, unknown.to_string()));
        }
        let Some(rule) = rule else { return Err(faults) };
        let in_utc = Recurrence {
            rule,
            timezone: "UTC".to_string(),
            late_seconds,
        };
        match in_utc.read() {
            Err(RecurrenceError::Cron(error)) => {
                faults.push(("/schedule/cron", error.code(), error.to_string()));
            }
            Err(RecurrenceError::Rrule(error)) => {
                faults.push(("/schedule/rrule", error.code(), error.to_string()));
            }
            Err(RecurrenceError::Zone(_)) | Ok(_) => {}
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let recurrence = Recurrence { timezone, ..in_utc };
        Ok(Checked {
            at: None,
            planned: Some(Planned::Recurring(recurrence)),
            local_time: None,
        })
    }
}

/// Why a recurrence comes too often for a class of texts.
pub fn too_frequent(
    recurrence: &Recurrence,
    class: Class,
    now: DateTime<Utc>,
    config: &Config,
) -> Option<Fault> {
    let least = match class {
        Class::Marketing => config.recurring_shortest_minutes_marketing,
        _ => config.recurring_shortest_minutes,
    };
    let least = Duration::minutes(i64::from(least));
    let shortest = recurrence.read().ok()?.shortest_interval(now)?;
    let pointer = match recurrence.rule {
        Rule::Cron(_) => "/schedule/cron",
        Rule::Rrule { .. } => "/schedule/rrule",
    };
    if recurrence.each_clock() && shortest < ROUND {
        let detail = format!(
            "Two slots are {} hours apart; by each contact's clock a run takes {} hours to get round the world, and the \
             next starts when it is over. Let the slots be two days apart, name one zone, or use a journey, which may \
             come every day.",
            shortest.num_hours(),
            ROUND.num_hours()
        );
        return Some((pointer, "schedule.too_frequent", detail));
    }
    (shortest < least).then(|| {
        let detail = format!(
            "Two slots are {} minutes apart; a {} campaign may start every {} minutes at most.",
            shortest.num_minutes(),
            class.as_str(),
            least.num_minutes()
        );
        (pointer, "schedule.too_frequent", detail)
    })
}

/// Seconds of the bound behind which a slot is skipped.
fn late(text: &str) -> Result<u32, String> {
    let duration = text
        .parse::<IsoDuration>()
        .map_err(|error| error.to_string())?;
    let nominal = duration.nominal();
    if !(Duration::minutes(1)..=LATE_LONGEST).contains(&nominal) {
        return Err("It is between PT1M and P7D.".to_string());
    }
    u32::try_from(nominal.num_seconds()).map_err(|error| error.to_string())
}
