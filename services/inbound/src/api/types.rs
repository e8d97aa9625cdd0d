//! Shapes of the inbound API.

use chrono::{DateTime, Utc};
use contract::{ContactId, InboundId, Phone};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::received::Received;

/// A text that somebody sent us.
#[derive(Serialize, ToSchema)]
pub struct InboundMessage {
    #[schema(value_type = String)]
    pub id: InboundId,
    #[schema(value_type = Option<String>)]
    pub contact: Option<ContactId>,
    #[schema(value_type = String)]
    pub from: Phone,
    /// The number or sender id it was sent to.
    pub to: String,
    pub text: String,
    /// `stop`, `start`, `help` or `none`; `null` until consent has acted on it.
    pub keyword: Option<String>,
    pub provider: String,
    pub received_at: DateTime<Utc>,
}

impl From<Received> for InboundMessage {
    fn from(row: Received) -> Self {
        Self {
            id: row.id,
            contact: row.contact,
            from: row.from,
            to: row.to,
            text: row.text,
            keyword: row.keyword,
            provider: row.provider,
            received_at: row.received_at.to_utc(),
        }
    }
}
