//! What preflights look like on the wire.

use chrono::{DateTime, Utc};
use contract::{CampaignId, ContactId, PreflightId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::preflight::{Preflight as Row, PreflightState};
use crate::preflight::report::Report;

#[derive(Debug, Serialize, ToSchema)]
pub struct Preflight {
    #[schema(value_type = String)]
    pub id: PreflightId,
    #[schema(value_type = String)]
    pub campaign: CampaignId,
    pub state: PreflightState,
    /// Why it failed.
    pub reason: Option<String>,
    pub asked_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    /// People looked at so far.
    pub looked_at: u64,
    /// What it found, once it has succeeded.
    pub report: Option<Report>,
    /// A few texts as they would be written; kept for a day.
    pub samples: Vec<Sample>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Sample {
    #[schema(value_type = String)]
    pub contact: ContactId,
    pub text: String,
}

impl From<Row> for Preflight {
    fn from(row: Row) -> Self {
        let looked_at = match &row.report {
            Some(report) => report.recipients,
            None => row.tally.recipients(),
        };
        let samples = row.samples.unwrap_or_default().into_iter();
        // While it is under way they may be anybody's; then they are the first people's.
        let done = row.state == PreflightState::Succeeded;
        Self {
            id: row.id,
            campaign: row.campaign,
            state: row.state,
            reason: row.reason,
            asked_at: row.asked_at.to_utc(),
            finished_at: row.finished_at.map(contract::UnixMillis::to_utc),
            looked_at,
            report: row.report,
            samples: samples
                .filter(|_| done)
                .map(|sample| Sample {
                    contact: sample.contact,
                    text: sample.body,
                })
                .collect(),
        }
    }
}
