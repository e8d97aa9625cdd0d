//! `GET /v1/journey-runs/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use contract::JourneyRunId;

use super::types::RunView;
use crate::app::App;
use crate::db;

/// One run, with its texts and its timeline.
#[utoipa::path(get, path = "/v1/journey-runs/{id}", tag = "journeys", params(("id" = String, Path)),
    responses((status = 200, body = RunView), (status = 404, description = "not_found")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<JourneyRunId>,
) -> Result<Json<RunView>, Problem> {
    let row = db::journey_run::by_id(app.cx.db.read(), caller.tenant, id).await?;
    let row = row
        .filter(|row| row.mode == caller.mode)
        .ok_or_else(|| Problem::not_found("run"))?;
    Ok(Json(RunView::full(&row)))
}
