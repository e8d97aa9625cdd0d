//! What campaigns look like on the wire, and what makes them acceptable.

use axum::http::StatusCode;
use chassis::http::Problem;
use chrono::{DateTime, Utc};
use contract::{CampaignId, Class, Mode, RunId, TemplateId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schedule::{self, Schedule};
use crate::audience::Audience;
use crate::db;
use crate::envelope::Envelope;
use crate::lifecycle::State;
use crate::throttle::Throttle;
use crate::variants::{Definition, Variant, Winner};
use contract::{sender, validity};

#[derive(Debug, Serialize, ToSchema)]
pub struct Campaign {
    #[schema(value_type = String)]
    pub id: CampaignId,
    pub name: String,
    #[schema(value_type = String)]
    pub class: Class,
    pub programme: String,
    #[schema(value_type = String)]
    pub template: TemplateId,
    pub sender: String,
    pub audience: Audience,
    pub schedule: Option<Schedule>,
    /// Seconds after the launch for which it keeps trying.
    pub valid_for_seconds: i64,
    #[schema(value_type = String)]
    pub mode: Mode,
    pub state: State,
    /// Why it ended the way it did, where that needs saying.
    pub state_reason: Option<String>,
    #[schema(value_type = Option<String>)]
    pub run: Option<RunId>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// How fast it goes; `null`: as fast as it can.
    pub throttle: Option<Throttle>,
    /// The bounds within which it goes on by itself.
    pub envelope: Option<Envelope>,
    pub variants: Vec<Variant>,
    pub holdout_percent: f64,
    pub winner: Option<Winner>,
}

/// An ISO 8601 duration such as `PT36H`, or a number of hours.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum ValidFor {
    Hours(f64),
    Duration(String),
}

impl ValidFor {
    pub fn millis(&self) -> Result<i64, Problem> {
        let validity = match self {
            Self::Hours(hours) => validity::hours(*hours),
            Self::Duration(text) => validity::parse(text),
        };
        match validity {
            Ok(validity) => Ok(i64::try_from(validity.as_millis()).unwrap_or(i64::MAX)),
            Err(error) => Err(Problem::invalid(error.to_string()).error(
                "/valid_for",
                "duration.invalid",
                error.to_string(),
            )),
        }
    }
}

impl From<db::campaign::Campaign> for Campaign {
    fn from(row: db::campaign::Campaign) -> Self {
        let Definition {
            variants,
            holdout_percent,
            winner,
        } = row.variants.unwrap_or_default();
        Self {
            variants,
            holdout_percent,
            winner,
            id: row.id,
            name: row.name,
            class: row.class,
            programme: row.programme,
            template: row.template,
            sender: row.sender,
            audience: row.audience,
            schedule: schedule::shown(
                row.schedule_at,
                row.schedule.as_ref(),
                row.local_time.as_ref(),
            ),
            valid_for_seconds: row.valid_for_ms / 1000,
            mode: row.mode,
            state: row.state,
            state_reason: row.state_reason,
            run: row.run,
            created_at: row.created_at.to_utc(),
            updated_at: row.updated_at.to_utc(),
            throttle: row.pace.throttle,
            envelope: row.pace.envelope,
        }
    }
}

/// All faults of a campaign at once; `faults` are those of its schedule.
pub fn check(
    campaign: &db::campaign::Campaign,
    faults: Vec<schedule::Fault>,
) -> Result<(), Problem> {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let mut problem = Problem::new(
        status,
        "campaign.invalid",
        "the campaign cannot be saved like this",
    );
    if campaign.name.trim().is_empty() || campaign.name.chars().count() > 200 {
        problem = problem.error("/name", "field.invalid", "A name has 1 to 200 characters.");
    }
    if !campaign.class.is_of_campaigns() {
        problem = problem.error(
            "/class",
            "field.invalid",
            "A campaign is marketing or transactional.",
        );
    }
    let programme = campaign.programme.as_bytes();
    let plain = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
    if programme.is_empty() || programme.len() > 64 || !programme.iter().all(plain) {
        problem = problem.error(
            "/programme",
            "field.invalid",
            "Lower-case letters, digits, - and _; at most 64.",
        );
    }
    if let Some(fault) = sender::fault(&campaign.sender) {
        problem = problem.error("/sender", "sender.invalid", fault);
    }
    if let Some(fault) = campaign.audience.fault() {
        problem = problem.error("/audience/include", "audience.unclear", fault);
    }
    if campaign.audience.include.len() + campaign.audience.exclude.len() > 100 {
        problem = problem.error("/audience", "field.invalid", "At most 100 lists.");
    }
    for (pointer, code, detail) in campaign.pace.faults(campaign.valid_for_ms) {
        problem = problem.error(&pointer, code, &detail);
    }
    for (pointer, code, detail) in faults {
        problem = problem.error(pointer, code, detail);
    }
    if problem.has_errors() {
        Err(problem)
    } else {
        Ok(())
    }
}
