//! `POST /v1/campaigns/{id}/pause`

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use chassis::http::{Auth, PathId, Problem};
use contract::CampaignId;
use contract::consent::Gate;

use super::gated::{self, Change};
use super::types::Campaign;
use crate::app::App;
use crate::db::run::RunState;
use crate::lifecycle::{Action, State};

const CHANGE: Change = Change {
    action: Action::Pause,
    to: State::Paused,
    run_from: &[RunState::Running],
    run_to: RunState::Paused,
    gate: Gate::Paused,
};

/// Stops a campaign that is scheduled, prepared or running. Once this is answered, nothing of it leaves until it is resumed.
#[utoipa::path(post, path = "/v1/campaigns/{id}/pause", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = Campaign), (status = 409, description = "campaign.state"),
        (status = 503, description = "campaign.pause_unconfirmed")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<CampaignId>,
) -> Result<Json<Campaign>, Problem> {
    gated::carry_out(&app, caller, id, &CHANGE).await
}
