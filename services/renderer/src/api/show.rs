//! `GET /v1/templates/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use contract::TemplateId;

use super::types::Template;
use crate::app::App;
use crate::db::templates;

/// One template.
#[utoipa::path(get, path = "/v1/templates/{id}", tag = "templates", params(("id" = String, Path)),
    responses((status = 200, body = Template), (status = 404)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<TemplateId>,
) -> Result<Json<Template>, Problem> {
    let row = templates::find(&app.db, caller.tenant, id)
        .await?
        .ok_or_else(|| Problem::not_found("template"))?;
    Ok(Json(row.into()))
}
