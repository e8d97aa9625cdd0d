//! `POST /v1/journeys/{id}/drain`

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use chassis::http::{Auth, PathId, Problem};
use contract::JourneyId;

use super::transition::move_on;
use super::types::Journey;
use crate::app::App;
use crate::journeys::state::State;

/// Starts no more runs; those that are there go on to their end.
#[utoipa::path(post, path = "/v1/journeys/{id}/drain", tag = "journeys", params(("id" = String, Path)),
    responses((status = 200, body = Journey), (status = 409, description = "journey.state")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<JourneyId>,
) -> Result<Json<Journey>, Problem> {
    Ok(Json(move_on(&app, caller, id, State::Draining).await?))
}
