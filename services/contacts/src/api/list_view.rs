//! A list as the API shows it.

use chrono::{DateTime, Utc};
use contract::{ListId, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::lists::List;

#[derive(Debug, Serialize, ToSchema)]
pub struct ListView {
    #[schema(value_type = String)]
    pub id: ListId,
    pub name: String,
    pub created_at: DateTime<Utc>,
    /// How many contacts are on it; only where one list is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contacts: Option<i64>,
}

impl From<List> for ListView {
    fn from(list: List) -> Self {
        Self {
            id: list.id,
            name: list.name,
            created_at: UnixMillis(list.created_at).to_utc(),
            contacts: None,
        }
    }
}
