//! `GET /v1/incidents/{id}`: one text that left though it must not have.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use contract::IncidentId;

use super::IncidentShown;
use crate::app::App;
use crate::db;

/// One incident.
#[utoipa::path(get, path = "/v1/incidents/{id}", tag = "consent", params(("id" = String, Path)),
    responses((status = 200, body = IncidentShown), (status = 404)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<IncidentId>,
) -> Result<Json<IncidentShown>, Problem> {
    let found = db::incident::find(app.cx.db.read(), app.engine(), caller.tenant, id).await?;
    let found = found.ok_or_else(|| Problem::not_found("incident"))?;
    Ok(Json(found.into()))
}
