//! `GET /v1/decisions/{id}`: why somebody was, or was not, texted.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use chrono::{DateTime, Utc};
use contract::{DecisionId, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::db::decision::{Stored, find};

#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionShown {
    #[schema(value_type = String)]
    pub id: DecisionId,
    /// `allow`, `deny` or `defer`.
    pub effect: String,
    pub reason: String,
    /// All reasons against, the weightiest first.
    pub reasons: Vec<String>,
    /// The policies that determined it.
    pub policies: Vec<String>,
    /// What was known of the person and the text; it names nobody.
    #[schema(value_type = Object)]
    pub facts: serde_json::Value,
    /// SHA-256 of the policies in force.
    pub policy_set: String,
    /// Where the texts of the policies are.
    pub policy_set_url: String,
    pub first_seen: DateTime<Utc>,
}

/// One decision with its facts. Equal facts share one decision, so it holds nothing of a person.
#[utoipa::path(get, path = "/v1/decisions/{id}", tag = "consent",
    params(("id" = String, Path, description = "dec_…")),
    responses((status = 200, body = DecisionShown), (status = 404)))]
pub async fn handle(
    Auth(_caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<DecisionId>,
) -> Result<Json<DecisionShown>, Problem> {
    let found = find(app.cx.db.read(), app.engine(), id).await?;
    let stored = found.ok_or_else(|| Problem::not_found("decision"))?;
    Ok(Json(shown(id, stored)))
}

pub fn shown(id: DecisionId, stored: Stored) -> DecisionShown {
    let hash = hex::encode(stored.policy_set);
    let reasons = stored.reasons.as_deref().unwrap_or("[]");
    DecisionShown {
        id,
        effect: stored.effect,
        reason: stored.reason,
        reasons: serde_json::from_str(reasons).unwrap_or_default(),
        policies: serde_json::from_str(&stored.policies).unwrap_or_default(),
        facts: serde_json::from_str(&stored.facts).unwrap_or_default(),
        policy_set_url: format!("/v1/policy-sets/{hash}"),
        policy_set: hash,
        first_seen: UnixMillis(stored.first_seen).to_utc(),
    }
}
