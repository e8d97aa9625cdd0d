//! Texts that left though they must not have.

pub mod list;
pub mod one;

use chrono::{DateTime, Utc};
use contract::{CampaignId, ConsentId, ContactId, IncidentId, MessageId, RunId, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::incident::Incident;

/// One incident; it names ids, never a number or a text.
#[derive(Debug, Serialize, ToSchema)]
pub struct IncidentShown {
    #[schema(value_type = String)]
    pub id: IncidentId,
    /// `after_confirmation`, `permitted_after_opt_out` or `no_permit`.
    pub kind: &'static str,
    #[schema(value_type = String)]
    pub message: MessageId,
    #[schema(value_type = String)]
    pub run: RunId,
    pub chunk: u32,
    pub position: u16,
    /// Absent for the platform's own answers.
    #[schema(value_type = Option<String>)]
    pub campaign: Option<CampaignId>,
    #[schema(value_type = Option<String>)]
    pub contact: Option<ContactId>,
    /// The keyed hash of the number, as in the ledger; absent without a permit.
    pub person: Option<String>,
    /// The ledger's entry that the text went against.
    #[schema(value_type = Option<String>)]
    pub opt_out: Option<ConsentId>,
    pub opt_out_recorded_at: Option<DateTime<Utc>>,
    pub opt_out_confirmed_at: Option<DateTime<Utc>>,
    pub permit_granted_at: Option<DateTime<Utc>>,
    /// When its hand-over was noted.
    pub handed_over_at: DateTime<Utc>,
    pub found_at: DateTime<Utc>,
}

impl From<Incident> for IncidentShown {
    fn from(one: Incident) -> Self {
        let utc = |at: i64| UnixMillis(at).to_utc();
        Self {
            id: one.id,
            kind: one.kind.as_str(),
            message: one.message,
            run: one.message.run(),
            chunk: one.message.chunk(),
            position: one.message.position(),
            campaign: (one.campaign.raw() != 0).then_some(one.campaign),
            contact: one.contact,
            person: one.person.map(hex::encode),
            opt_out: one.opt_out,
            opt_out_recorded_at: one.opt_out_recorded_at.map(utc),
            opt_out_confirmed_at: one.opt_out_confirmed_at.map(utc),
            permit_granted_at: one.permit_granted_at.map(utc),
            handed_over_at: utc(one.handed_over_at),
            found_at: utc(one.found_at),
        }
    }
}
