//! `GET /v1/campaigns/{id}/progress`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use contract::CampaignId;

use crate::app::App;
use crate::db;
use crate::progress::Progress;

/// Where the recipients stand. All sums come from one snapshot and add up to `recipients`; while the
/// campaign is `preparing`, `recipients` still grows.
#[utoipa::path(get, path = "/v1/campaigns/{id}/progress", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = Progress), (status = 404, description = "not_found")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<CampaignId>,
) -> Result<Json<Progress>, Problem> {
    let progress = db::progress::of_campaign(app.cx.db.read(), caller.tenant, id).await?;
    progress
        .map(Json)
        .ok_or_else(|| Problem::not_found("campaign"))
}
