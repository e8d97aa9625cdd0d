//! `GET /v1/journeys/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use contract::JourneyId;

use super::transition::find;
use super::types::Journey;
use crate::app::App;
use crate::db;

/// One journey, with its live runs by version.
#[utoipa::path(get, path = "/v1/journeys/{id}", tag = "journeys", params(("id" = String, Path)),
    responses((status = 200, body = Journey), (status = 404, description = "not_found")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<JourneyId>,
) -> Result<Json<Journey>, Problem> {
    let mut journey = Journey::from(find(&app, caller, id).await?);
    journey.live_runs = Some(db::journey_run::live(app.cx.db.read(), id).await?);
    Ok(Json(journey))
}
