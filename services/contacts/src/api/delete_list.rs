use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, PathId, Problem};
use contract::ListId;

use crate::app::App;
use crate::db;

/// Removes a list; its contacts stay.
#[utoipa::path(
    delete,
    path = "/v1/lists/{id}",
    tag = "contacts",
    params(("id" = String, Path)),
    responses((status = 204))
)]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<ListId>,
) -> Result<StatusCode, Problem> {
    let (engine, now) = (app.db.engine(), app.clock.millis().0);
    let deleted = app.db.write(move |tx| {
        Box::pin(async move {
            let deleted = db::lists::delete(tx, engine, caller.tenant, id).await?;
            if deleted {
                db::segment_walks::lists_changed(tx, engine, caller.tenant, now).await?;
            }
            Ok(deleted)
        })
    });
    if deleted.await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("list"))
    }
}
