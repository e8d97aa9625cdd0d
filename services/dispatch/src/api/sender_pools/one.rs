//! `GET`, `PUT` and `DELETE /v1/sender-pools/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, PathId, Problem};
use contract::ids::SenderPoolId;

use super::view::{PoolView, check, name_taken};
use crate::api::named;
use crate::app::App;
use crate::db::named_rows::{Changed, Table};
use crate::routing::pool_body::PoolBody;

/// One pool.
#[utoipa::path(get, path = "/v1/sender-pools/{id}", tag = "dispatch", params(("id" = String, Path)),
    responses((status = 200, body = PoolView), (status = 404, body = Problem)))]
pub async fn show(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<SenderPoolId>,
) -> Result<Json<PoolView>, Problem> {
    match named::find(&app, caller, Table::SenderPool, id.uuid()).await? {
        Some(row) => Ok(Json(PoolView::of(&row)?)),
        None => Err(Problem::not_found("pool")),
    }
}

/// Replaces a pool.
#[utoipa::path(put, path = "/v1/sender-pools/{id}", tag = "dispatch", params(("id" = String, Path)), request_body = PoolBody,
    responses((status = 200, body = PoolView), (status = 404, body = Problem), (status = 409, description = "pool.name_taken"),
    (status = 422, description = "pool.invalid")))]
pub async fn put(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<SenderPoolId>,
    Body(body): Body<PoolBody>,
) -> Result<Json<PoolView>, Problem> {
    let before = named::find(&app, caller, Table::SenderPool, id.uuid()).await?;
    let before = before.ok_or_else(|| Problem::not_found("pool"))?;
    check(&app, caller, id, &body).await?;
    let json = serde_json::to_string(&body).map_err(anyhow::Error::from)?;
    let mut row = named::row(&app, caller, id.uuid(), &body.name, json);
    row.created_at = before.created_at;
    let changed = PoolView::of(&row)?;
    match named::update(&app, Table::SenderPool, row).await? {
        Changed::Done => Ok(Json(changed)),
        Changed::NotFound => Err(Problem::not_found("pool")),
        Changed::NameTaken => Err(name_taken()),
    }
}

/// Takes a pool away.
#[utoipa::path(delete, path = "/v1/sender-pools/{id}", tag = "dispatch", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn remove(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<SenderPoolId>,
) -> Result<StatusCode, Problem> {
    named::delete(&app, caller, (Table::SenderPool, "pool"), id.uuid()).await
}
