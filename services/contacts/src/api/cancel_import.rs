use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, PathId, Problem};
use contract::ImportId;

use super::import_view::ImportView;
use crate::app::App;
use crate::db;
use crate::import_job;

/// Stops an import. Rows taken so far stay; no row is taken after the answer.
#[utoipa::path(
    post,
    path = "/v1/imports/{id}/cancel",
    tag = "contacts",
    params(("id" = String, Path)),
    responses((status = 200, body = ImportView))
)]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<ImportId>,
) -> Result<Json<ImportView>, Problem> {
    let (engine, tenant, now) = (app.db.engine(), caller.tenant, app.clock.millis().0);
    let cancelled = app.db.write(move |tx| {
        Box::pin(async move {
            let job = db::imports::by_id(tx, engine, tenant, id).await?;
            let mut job = job.ok_or_else(|| Problem::not_found("import"))?;
            let state = import_job::State::Cancelled;
            if !db::imports::finish(tx, engine, id, state, None, now).await? {
                let detail = format!("the import has already ended: {}", job.state.as_str());
                return Err(Problem::new(StatusCode::CONFLICT, "import.state", detail).into());
            }
            job.state = state;
            job.finished_at = Some(now);
            Ok(job)
        })
    });
    let job = cancelled.await?;
    // A run under way holds the file open and stops at its next batch.
    let _removed = std::fs::remove_file(app.upload(id));
    Ok(Json(job.into()))
}
