//! `GET` and `DELETE /v1/suppressions/{id}`: one entry of the suppression list.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, PathId, Problem};
use contract::SuppressionId;

use super::SuppressionShown;
use crate::app::App;
use crate::{db, suppress};

/// One entry of the suppression list.
#[utoipa::path(get, path = "/v1/suppressions/{id}", tag = "consent", params(("id" = String, Path)),
    responses((status = 200, body = SuppressionShown), (status = 404)))]
pub async fn show(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<SuppressionId>,
) -> Result<Json<SuppressionShown>, Problem> {
    let found = db::suppression::find(app.cx.db.read(), app.engine(), caller.tenant, id).await?;
    let found = found.ok_or_else(|| Problem::not_found("suppression"))?;
    Ok(Json(found.into()))
}

/// Takes a number off the suppression list. Its own opt-outs stay.
#[utoipa::path(delete, path = "/v1/suppressions/{id}", tag = "consent", params(("id" = String, Path)),
    responses((status = 204), (status = 404)))]
pub async fn remove(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<SuppressionId>,
) -> Result<StatusCode, Problem> {
    let shared = app.clone();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { suppress::remove(&shared, tx, caller.tenant, id, caller.mode).await })
    });
    if write.await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("suppression"))
    }
}
