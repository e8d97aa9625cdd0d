//! `GET /v1/campaigns/{id}/preflight`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use contract::CampaignId;

use super::view::Preflight;
use crate::api::transition::find;
use crate::app::App;
use crate::db;

/// The last preflight of a campaign.
#[utoipa::path(get, path = "/v1/campaigns/{id}/preflight", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = Preflight), (status = 404, description = "not_found")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<CampaignId>,
) -> Result<Json<Preflight>, Problem> {
    let campaign = find(&app, caller, id).await?;
    let found = db::preflight::latest(app.cx.db.read(), campaign.id, None).await?;
    let found = found.ok_or_else(|| Problem::not_found("preflight of this campaign"))?;
    Ok(Json(found.into()))
}
