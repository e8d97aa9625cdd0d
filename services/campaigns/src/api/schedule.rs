//! The schedule of a campaign on the wire, and what makes it acceptable.

mod once;
mod recurring;
mod shown;

use chassis::http::Problem;
use chrono::{DateTime, NaiveDateTime, Utc};
use contract::UnixMillis;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::leaving::Hours;
use crate::config::Config;
use crate::local_time::{Leaving, Past};
use crate::schedule::Planned;

pub use once::in_past;
pub use recurring::too_frequent;
pub use shown::shown;

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
    /// IANA name of the zone of `cron` or `rrule`, or of a local `at`; `contact`: that time wherever people are.
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
}

pub(super) const LOCAL_FORM: &str =
    "Write the local time without an offset, as in 2026-12-01T14:00.";

pub(super) fn local_time(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
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
