//! A segment as the API shows it.

use chrono::{DateTime, Utc};
use contract::{SegmentId, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::segments::Segment;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SegmentState {
    /// Contacts are being looked at for the first time since the condition is what it is.
    Computing,
    /// Who is in it is known, and follows every change.
    Ready,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SegmentView {
    #[schema(value_type = String)]
    pub id: SegmentId,
    pub name: String,
    /// Who is in it: contacts of whom this holds.
    pub expression: String,
    pub state: SegmentState,
    /// It changes as time goes by: all contacts are looked at again now and then.
    pub by_time: bool,
    /// When all contacts had last been looked at.
    pub complete_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// How many contacts are in it; only where one segment that is ready is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contacts: Option<i64>,
}

impl From<Segment> for SegmentView {
    fn from(segment: Segment) -> Self {
        let standing = segment.standing;
        Self {
            id: standing.id,
            name: segment.name,
            state: if standing.is_complete() {
                SegmentState::Ready
            } else {
                SegmentState::Computing
            },
            by_time: standing.by_time,
            expression: standing.expression,
            complete_at: segment.complete_at.map(|at| UnixMillis(at).to_utc()),
            created_at: UnixMillis(segment.created_at).to_utc(),
            updated_at: UnixMillis(segment.updated_at).to_utc(),
            contacts: None,
        }
    }
}
