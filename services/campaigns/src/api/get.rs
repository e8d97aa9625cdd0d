//! `GET /v1/campaigns/{id}`

use std::sync::Arc;

use axum::extract::State;
use chassis::http::{Auth, PathId, Problem, Tagged};
use contract::CampaignId;

use super::transition::{find, tag};
use super::types::Campaign;
use crate::app::App;

/// One campaign. `ETag` is its definition's, for `If-Match` of a change or a launch.
#[utoipa::path(get, path = "/v1/campaigns/{id}", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = Campaign), (status = 404, description = "not_found")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<CampaignId>,
) -> Result<Tagged<Campaign>, Problem> {
    let campaign = find(&app, caller, id).await?;
    Ok(Tagged(tag(&campaign), campaign.into()))
}
