use std::sync::Arc;

use anyhow::Context;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chassis::http::{Auth, PathId, Problem};
use contract::ImportId;
use tokio::io::AsyncReadExt;
use tokio_util::io::ReaderStream;

use crate::app::App;
use crate::db;
use crate::error_report;

/// The rejected rows as CSV: row, column, code, value, hint.
#[utoipa::path(
    get,
    path = "/v1/imports/{id}/errors",
    tag = "contacts",
    params(("id" = String, Path)),
    responses((status = 200, body = String, content_type = "text/csv"))
)]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<ImportId>,
) -> Result<Response, Problem> {
    let job = db::imports::by_id(app.db.read(), app.db.engine(), caller.tenant, id).await?;
    let job = job.ok_or_else(|| Problem::not_found("import"))?;
    let body = if job.progress.errors_bytes == 0 {
        Body::from(error_report::HEADER)
    } else {
        let file = tokio::fs::File::open(app.errors_file(id))
            .await
            .context("the errors file cannot be opened")?;
        // What lies behind the recorded length belongs to a batch that is not committed.
        Body::from_stream(ReaderStream::new(file.take(job.progress.errors_bytes)))
    };
    let name = format!("attachment; filename=\"{id}.errors.csv\"");
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_string()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, body).into_response())
}
