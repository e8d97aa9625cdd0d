//! `DELETE /v1/campaigns/{id}/throttle`

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use chassis::http::{Auth, PathId, Problem};
use contract::CampaignId;

use super::throttle;
use super::types::Campaign;
use crate::app::App;

/// Lets a campaign go as fast as it can.
#[utoipa::path(delete, path = "/v1/campaigns/{id}/throttle", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = Campaign), (status = 409, description = "campaign.state")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<CampaignId>,
) -> Result<Json<Campaign>, Problem> {
    throttle::set(&app, caller, id, None).await
}
