//! `DELETE /v1/segments/{id}`

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, PathId, Problem};
use contract::SegmentId;

use crate::app::App;
use crate::db;

/// Removes a segment; its contacts stay. Nobody is said to have left it.
#[utoipa::path(delete, path = "/v1/segments/{id}", tag = "contacts", params(("id" = String, Path)),
    responses((status = 204)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<SegmentId>,
) -> Result<StatusCode, Problem> {
    let (engine, tenant) = (app.db.engine(), caller.tenant);
    let deleted = app.db.write(move |tx| {
        Box::pin(async move {
            // First the row, that a walk has while it waits for contacts; then those who change contacts.
            db::segments::by_id_for_update(tx, engine, tenant, id).await?;
            db::segments::wait_for_changes(tx, engine, tenant).await?;
            db::segments::delete(tx, engine, tenant, id).await
        })
    });
    if deleted.await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("segment"))
    }
}
