//! `GET /v1/reminder-plans/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use contract::ReminderPlanId;

use super::view::{ReminderPlan, find};
use crate::app::App;

/// One reminder plan, in its newest version.
#[utoipa::path(get, path = "/v1/reminder-plans/{id}", tag = "appointments", params(("id" = String, Path)),
    responses((status = 200, body = ReminderPlan), (status = 404, description = "not_found")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<ReminderPlanId>,
) -> Result<Json<ReminderPlan>, Problem> {
    Ok(Json(find(&app, caller, id).await?.into()))
}
