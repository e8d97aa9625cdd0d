use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use contract::ImportId;

use super::import_view::ImportView;
use crate::app::App;
use crate::db;

/// One import and how far it has come.
#[utoipa::path(
    get,
    path = "/v1/imports/{id}",
    tag = "contacts",
    params(("id" = String, Path)),
    responses((status = 200, body = ImportView))
)]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<ImportId>,
) -> Result<Json<ImportView>, Problem> {
    let job = db::imports::by_id(app.db.read(), app.db.engine(), caller.tenant, id).await?;
    Ok(Json(
        job.ok_or_else(|| Problem::not_found("import"))?.into(),
    ))
}
