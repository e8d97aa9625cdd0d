//! The suppression list.

pub mod add;
pub mod import;
pub mod list;
pub mod one;

use chrono::{DateTime, Utc};
use contract::{SuppressionId, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::suppression::Suppression;

/// One entry of the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuppressionShown {
    #[schema(value_type = String)]
    pub id: SuppressionId,
    pub phone: String,
    pub scope: String,
    /// `api` or `import`.
    pub source: String,
    pub note: String,
    pub created_at: DateTime<Utc>,
}

impl From<Suppression> for SuppressionShown {
    fn from(one: Suppression) -> Self {
        Self {
            id: one.id,
            phone: one.phone.to_string(),
            scope: one.scope,
            source: one.source,
            note: one.note,
            created_at: UnixMillis(one.created_at).to_utc(),
        }
    }
}
