//! `POST /v1/journeys/{id}/pause`

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use chassis::http::{Auth, PathId, Problem};
use contract::JourneyId;

use super::transition::move_on;
use super::types::Journey;
use crate::app::App;
use crate::journeys::state::State;

/// Nothing starts and nothing goes on until it is resumed; what arrives waits.
#[utoipa::path(post, path = "/v1/journeys/{id}/pause", tag = "journeys", params(("id" = String, Path)),
    responses((status = 200, body = Journey), (status = 409, description = "journey.state")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<JourneyId>,
) -> Result<Json<Journey>, Problem> {
    Ok(Json(move_on(&app, caller, id, State::Paused).await?))
}
