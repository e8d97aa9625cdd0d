//! `POST /v1/campaigns/{id}/resume`

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

pub const CHANGE: Change = Change {
    action: Action::Resume,
    to: State::Running,
    run_from: &[RunState::Paused],
    run_to: RunState::Running,
    gate: Gate::Open,
};

/// Goes on with a paused campaign.
#[utoipa::path(post, path = "/v1/campaigns/{id}/resume", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = Campaign), (status = 409, description = "campaign.state"),
        (status = 503, description = "campaign.resume_unconfirmed")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<CampaignId>,
) -> Result<Json<Campaign>, Problem> {
    gated::carry_out(&app, caller, id, &CHANGE).await
}
