//! A pool on the wire, and what makes one acceptable.

use axum::http::StatusCode;
use chassis::http::Problem;
use chrono::{DateTime, Utc};
use contract::accounts::Caller;
use contract::ids::SenderPoolId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::named;
use crate::app::App;
use crate::db::named_rows::NamedRow;
use crate::routing::pool_body::PoolBody;

#[derive(Debug, Serialize, ToSchema)]
pub struct PoolView {
    #[schema(value_type = String)]
    pub id: SenderPoolId,
    #[serde(flatten)]
    pub body: PoolBody,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl PoolView {
    pub fn of(row: &NamedRow) -> anyhow::Result<Self> {
        Ok(Self {
            id: SenderPoolId::from_uuid(row.id),
            body: serde_json::from_str(&row.body)?,
            created_at: row.created_at.to_utc(),
            updated_at: row.updated_at.to_utc(),
        })
    }
}

pub fn name_taken() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "pool.name_taken",
        "another pool has this name",
    )
}

/// Everything that is wrong with a pool.
pub async fn check(
    _app: &App,
    _caller: Caller,
    _id: SenderPoolId,
    body: &PoolBody,
) -> Result<(), Problem> {
    let problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "pool.invalid",
        "the pool cannot be saved like this",
    );
    named::refuse(problem, body.faults())
}
