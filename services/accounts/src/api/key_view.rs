//! A key as the API shows it.

use chrono::{DateTime, Utc};
use contract::{KeyId, Mode, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::keys::Key;

#[derive(Debug, Serialize, ToSchema)]
pub struct KeyView {
    #[schema(value_type = String)]
    pub id: KeyId,
    pub name: String,
    /// `test` or `live`
    #[schema(value_type = String)]
    pub mode: Mode,
    /// First characters of the key.
    pub prefix: String,
    pub created_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

impl From<Key> for KeyView {
    fn from(key: Key) -> Self {
        Self {
            id: key.id,
            name: key.name,
            mode: key.mode,
            prefix: key.prefix,
            created_at: UnixMillis(key.created_at).to_utc(),
            revoked_at: key.revoked_at.map(|at| UnixMillis(at).to_utc()),
        }
    }
}
