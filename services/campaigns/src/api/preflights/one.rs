//! `GET /v1/campaigns/{id}/preflights/{preflight}`

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chassis::http::{Auth, PathId, Problem};
use contract::{CampaignId, PreflightId};

use super::view::Preflight;
use crate::api::transition::find;
use crate::app::App;
use crate::db;

/// One preflight of a campaign.
#[utoipa::path(get, path = "/v1/campaigns/{id}/preflights/{preflight}", tag = "campaigns",
    params(("id" = String, Path), ("preflight" = String, Path)),
    responses((status = 200, body = Preflight), (status = 404, description = "not_found")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<CampaignId>,
    Path(path): Path<(String, String)>,
) -> Result<Json<Preflight>, Problem> {
    let campaign = find(&app, caller, id).await?;
    let preflight = path.1.parse::<PreflightId>().map_err(|error| {
        let status = StatusCode::BAD_REQUEST;
        Problem::new(status, "id.wrong_type", error.to_string())
    })?;
    let found = db::preflight::by_id(app.cx.db.read(), preflight).await?;
    let found = found.filter(|found| found.campaign == campaign.id);
    let found = found.ok_or_else(|| Problem::not_found("preflight of this campaign"))?;
    Ok(Json(found.into()))
}
