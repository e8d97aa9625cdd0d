//! `GET /v1/campaigns/{id}/approval`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use chrono::{DateTime, Utc};
use contract::{CampaignId, KeyId, PreflightId, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use super::transition::find;
use crate::app::App;
use crate::approval::{Seen, Verdict};
use crate::db;

/// The last question for approval, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Approval {
    pub state: Verdict,
    /// Of `bound`: what an approver puts their name to.
    pub hash: String,
    #[schema(value_type = String)]
    pub preflight: PreflightId,
    /// What it is bound to. Whatever of it moves voids it.
    pub bound: Seen,
    #[schema(value_type = String)]
    pub submitted_by: KeyId,
    pub submitted_at: DateTime<Utc>,
    #[schema(value_type = Option<String>)]
    pub decided_by: Option<KeyId>,
    pub decided_at: Option<DateTime<Utc>>,
    /// Why it was rejected.
    pub reason: Option<String>,
}

/// What is to be approved of a campaign, or was.
#[utoipa::path(get, path = "/v1/campaigns/{id}/approval", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = Approval), (status = 404, description = "not_found")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<CampaignId>,
) -> Result<Json<Approval>, Problem> {
    let campaign = find(&app, caller, id).await?;
    let found = db::approval::of(app.cx.db.read(), campaign.id).await?;
    let found = found.ok_or_else(|| Problem::not_found("question for approval"))?;
    Ok(Json(Approval {
        state: found.verdict,
        hash: found.hash,
        preflight: found.preflight,
        bound: found.bound,
        submitted_by: found.submitted_by,
        submitted_at: found.submitted_at.to_utc(),
        decided_by: found.decided_by,
        decided_at: found.decided_at.map(UnixMillis::to_utc),
        reason: found.note,
    }))
}
