//! The schedule of a campaign on the wire, and what makes it acceptable.

use chassis::http::Problem;
use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use contract::{Class, UnixMillis};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::leaving::{CONTACT, Hours};
use crate::config::Config;
use crate::local_time::{Leaving, Past};
use crate::schedule::recurrence::RecurrenceError;
use crate::schedule::zone::{self, Fit};
use crate::schedule::{IsoDuration, Planned, Recurrence, Rule};

/// When a campaign starts: once (`at`), or again and again (`cron`, or `rrule` with `start`, in a `timezone`). Without a
/// schedule it starts when it is launched.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
    /// Five fields of Unix cron, such as `30 9 * * 1-5`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// A rule of RFC 5545, such as `FREQ=MONTHLY;BYDAY=2TU`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rrule: Option<String>,
    /// Local time at which an `rrule` begins, such as `2026-12-01T09:00`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// IANA name of the zone of `cron` or `rrule`, or of a local `at`; `contact`: a local `at` wherever people are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// After a downtime, slots that are older than this are skipped. An ISO 8601 duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub late: Option<String>,
    /// With `timezone: contact`: what becomes of people whose local time has passed at the launch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub past_recipients: Option<Past>,
    /// The zone of contacts that have none; without it they get nothing where the contact's zone counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback_timezone: Option<String>,
    /// When texts may leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Hours>,
    /// How long a text may try, counted from its own instant; `valid_for` where it is left out. An ISO 8601 duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub expires_after: Option<String>,
}

/// An instant such as `2026-12-01T14:00:00Z`, or a time on the clocks of a zone.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum At {
    Instant(String),
    Local(LocalTime),
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalTime {
    /// Such as `2026-12-01T14:00`.
    pub local: String,
    /// IANA name, such as `America/New_York`; here, or in the schedule's `timezone`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// `compatible`: a time that the clocks skip moves forward by the gap instead of being refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolve: Option<String>,
}

/// What is kept of a schedule.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    pub at: Option<UnixMillis>,
    pub planned: Option<Planned>,
    /// When texts leave, where clocks have a say.
    pub local_time: Option<Leaving>,
}

/// One fault of a schedule: pointer, code, and how to mend it.
pub type Fault = (&'static str, &'static str, String);

/// A start that lies no longer back than this is now.
const JUST_NOW: Duration = Duration::seconds(60);
const LATE_LONGEST: Duration = Duration::days(7);

impl Schedule {
    /// Reads it; all faults at once.
    pub fn check(&self, now: DateTime<Utc>, config: &Config) -> Result<Checked, Vec<Fault>> {
        let given = [self.at.is_some(), self.cron.is_some(), self.rrule.is_some()];
        let given = given.iter().filter(|given| **given).count();
        let paced = self.window.is_some() || self.expires_after.is_some();
        if given > 1 || (given == 0 && !paced) {
            let detail = "Give one of `at`, `cron` and `rrule`; to start at the launch leave `schedule` out.";
            return Err(vec![("/schedule", "field.invalid", detail.to_string())]);
        }
        let leaving = self.leaving();
        let when = match &self.at {
            Some(At::Local(local)) if self.by_contact(local) => self.wherever(local, now, &leaving),
            Some(at) => self.once(at, now),
            None if given == 0 => self.at_launch(),
            None => self.recurring(config),
        };
        match (when, leaving) {
            (Ok(checked), Ok(local_time)) => Ok(Checked {
                local_time,
                ..checked
            }),
            (Ok(_), Err(faults)) | (Err(faults), Ok(_)) => Err(faults),
            (Err(mut faults), Err(more)) => {
                faults.extend(more);
                Err(faults)
            }
        }
    }

    fn once(&self, at: &At, now: DateTime<Utc>) -> Result<Checked, Vec<Fault>> {
        let mut faults = Vec::new();
        self.strays(&mut faults);
        let own_zone = match at {
            // The zone is the window's.
            At::Instant(_) => self.window.is_none(),
            At::Local(local) => local.timezone.is_some(),
        };
        if own_zone && self.timezone.is_some() {
            let detail = "`at` is an instant, or names its zone itself; leave one of the two out.";
            faults.push(("/schedule/timezone", "field.invalid", detail.to_string()));
        }
        let read = match at {
            At::Instant(text) => instant(text)
                .map(|at| (at, None))
                .map_err(|fault| vec![fault]),
            At::Local(local) => local
                .check(self.timezone.as_deref())
                .map(|(at, planned)| (at, Some(planned))),
        };
        match read {
            Ok((at, planned)) if faults.is_empty() => match in_past(at, now) {
                Some(fault) => Err(vec![fault]),
                None => Ok(Checked {
                    at: Some(at.into()),
                    planned,
                    local_time: None,
                }),
            },
            Ok(_) => Err(faults),
            Err(more) => {
                faults.extend(more);
                Err(faults)
            }
        }
    }

    fn recurring(&self, config: &Config) -> Result<Checked, Vec<Fault>> {
        let mut faults = Vec::new();
        let late_seconds = match self.late.as_deref().map(late) {
            None => config.recurring_late_minutes.saturating_mul(60),
            Some(Ok(seconds)) => seconds,
            Some(Err(detail)) => {
                faults.push(("/schedule/late", "duration.invalid", detail));
                0
            }
        };
        if self.timezone.as_deref() == Some(CONTACT) {
            let detail = "A recurring campaign has slots in one zone; name it, and give `window` its own `timezone: contact` \
                          where the clocks of contacts count.";
            return Err(vec![(
                "/schedule/timezone",
                "field.invalid",
                detail.to_string(),
            )]);
        }
        if self.timezone.is_none() {
            let detail = "Say in which zone the rule is meant, such as America/New_York.";
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
        if let Err(unknown) = zone::parse(&timezone) {
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

pub(super) const LOCAL_FORM: &str =
    "Write the local time without an offset, as in 2026-12-01T14:00.";

impl LocalTime {
    /// `zone`: of the schedule, where the time names none itself.
    fn check(&self, zone: Option<&str>) -> Result<(DateTime<Utc>, Planned), Vec<Fault>> {
        let mut faults = Vec::new();
        let local = local_time(&self.local);
        if local.is_none() {
            faults.push((
                "/schedule/at/local",
                "time.malformed",
                LOCAL_FORM.to_string(),
            ));
        }
        let (pointer, name) = match (&self.timezone, zone) {
            (None, Some(name)) => ("/schedule/timezone", Some(name)),
            (own, _) => ("/schedule/at/timezone", own.as_deref()),
        };
        let Some(name) = name else {
            let detail = "Say in which zone the time is meant, such as America/New_York, or `contact` in the schedule's \
                          `timezone`.";
            faults.push((pointer, "field.required", detail.to_string()));
            return Err(faults);
        };
        let zone = zone::parse(name);
        if let Err(unknown) = &zone {
            faults.push((pointer, zone::UNKNOWN, unknown.to_string()));
        }
        let compatible = match self.resolve.as_deref() {
            None => false,
            Some("compatible") => true,
            Some(_) => {
                let detail = "`resolve` is `compatible`, or left out.";
                faults.push(("/schedule/at/resolve", "field.invalid", detail.to_string()));
                false
            }
        };
        let (Some(local), Ok(zone), true) = (local, zone, faults.is_empty()) else {
            return Err(faults);
        };
        let resolved = zone::resolve(local, zone);
        if let (Fit::Never { instead }, false) = (resolved.fit, compatible) {
            let detail = format!(
                "The clocks of {} skip {}. Write {}, or add \"resolve\": \"compatible\".",
                zone.name(),
                local.format("%Y-%m-%dT%H:%M"),
                instead.format("%Y-%m-%dT%H:%M")
            );
            return Err(vec![("/schedule/at/local", "time.nonexistent", detail)]);
        }
        let planned = Planned::Local {
            local,
            timezone: zone.name().to_string(),
            zone_data: zone::DATA_VERSION.to_string(),
        };
        Ok((resolved.at, planned))
    }
}

/// 422 at the launch too: a draft may have waited past its time.
pub fn in_past(at: DateTime<Utc>, now: DateTime<Utc>) -> Option<Fault> {
    (at < now - JUST_NOW).then(|| {
        let detail = format!("{} is past.", at.format("%Y-%m-%dT%H:%M:%SZ"));
        ("/schedule/at", "schedule.in_past", detail)
    })
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
    (shortest < least).then(|| {
        let pointer = match recurrence.rule {
            Rule::Cron(_) => "/schedule/cron",
            Rule::Rrule { .. } => "/schedule/rrule",
        };
        let detail = format!(
            "Two slots are {} minutes apart; a {} campaign may start every {} minutes at most.",
            shortest.num_minutes(),
            class.as_str(),
            least.num_minutes()
        );
        (pointer, "schedule.too_frequent", detail)
    })
}

fn instant(text: &str) -> Result<DateTime<Utc>, Fault> {
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.with_timezone(&Utc))
        .map_err(|_| {
            let detail = "Write an instant with its offset, as in 2026-12-01T14:00:00Z, or an object with `local` and \
                          `timezone`.";
            ("/schedule/at", "time.malformed", detail.to_string())
        })
}

pub(super) fn local_time(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
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

/// How a kept schedule is shown.
pub fn shown(
    at: Option<UnixMillis>,
    planned: Option<&Planned>,
    local_time: Option<&Leaving>,
) -> Option<Schedule> {
    match local_time {
        Some(rule) if rule.at.is_some() => Some(super::leaving::shown(rule, Schedule::default())),
        Some(rule) => {
            let start = started(at, planned).unwrap_or_default();
            Some(super::leaving::shown(rule, start))
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

/// 422 with these faults of a schedule.
pub fn refused(faults: Vec<Fault>) -> Problem {
    let detail = "the campaign cannot be scheduled like this";
    let status = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
    let code = match faults.as_slice() {
        [(_, code, _)] => *code,
        _ => "campaign.invalid",
    };
    faults.into_iter().fold(
        Problem::new(status, code, detail),
        |problem, (pointer, code, detail)| problem.error(pointer, code, detail),
    )
}
