//! What a text looks like to who sent it.

use chrono::{DateTime, Utc};
use contract::chunk::Outcome;
use contract::ids::{ContactId, DecisionId, MessageId, TemplateId};
use contract::texts::Origin;
use serde::Serialize;
use utoipa::ToSchema;

use crate::sends::Send;

/// A text of the API, as far as its hand-over. Receipts: `GET /v1/messages/{id}`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ApiMessage {
    #[schema(value_type = String)]
    pub id: MessageId,
    /// `accepted`, `held`, `handed_over`, `suppressed`, `failed`, `unknown`, `cancelled` or `expired`.
    pub state: &'static str,
    /// Why, in words of docs/reasons.md; absent while it is accepted.
    pub reason: Option<String>,
    #[schema(value_type = Option<String>)]
    pub decision: Option<DecisionId>,
    /// Of a held text: when it is tried again.
    pub held_until: Option<DateTime<Utc>>,
    #[schema(value_type = Option<String>)]
    pub contact: Option<ContactId>,
    pub class: String,
    pub sender: String,
    #[schema(value_type = Option<String>)]
    pub template: Option<TemplateId>,
    pub segments: u8,
    pub accepted_at: DateTime<Utc>,
    pub valid_until: DateTime<Utc>,
    /// The text that failed, in whose place this one goes out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub redrive_of: Option<MessageId>,
    /// What it belongs to, where a flow sent it: its `kind` (`appointment`, `journey`, `campaign_test`) and `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub origin: Option<Origin>,
}

impl From<Send> for ApiMessage {
    fn from(send: Send) -> Self {
        let pending = send.outcome == Outcome::Pending;
        Self {
            id: send.id,
            state: if pending {
                "accepted"
            } else {
                send.outcome.as_str()
            },
            reason: (!pending).then(|| send.reason.to_string()),
            decision: send.decision,
            held_until: send.held_until.map(contract::UnixMillis::to_utc),
            contact: send.contact,
            class: send.class,
            sender: send.sender,
            template: send.template,
            segments: send.segments,
            accepted_at: send.accepted_at.to_utc(),
            valid_until: send.valid_until.to_utc(),
            redrive_of: send.redrive_of,
            origin: send.origin,
        }
    }
}
