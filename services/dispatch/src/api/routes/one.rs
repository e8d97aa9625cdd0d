//! `GET`, `PUT` and `DELETE /v1/routes/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, PathId, Problem};
use contract::ids::RouteId;

use super::view::{RouteView, check, name_taken};
use crate::api::named;
use crate::app::App;
use crate::db::named_rows::{Changed, Table};
use crate::routing::route_body::RouteBody;

/// One route.
#[utoipa::path(get, path = "/v1/routes/{id}", tag = "dispatch", params(("id" = String, Path)),
    responses((status = 200, body = RouteView), (status = 404, body = Problem)))]
pub async fn show(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<RouteId>,
) -> Result<Json<RouteView>, Problem> {
    match named::find(&app, caller, Table::Route, id.uuid()).await? {
        Some(row) => Ok(Json(RouteView::of(&row)?)),
        None => Err(Problem::not_found("route")),
    }
}

/// Replaces a route.
#[utoipa::path(put, path = "/v1/routes/{id}", tag = "dispatch", params(("id" = String, Path)), request_body = RouteBody,
    responses((status = 200, body = RouteView), (status = 404, body = Problem), (status = 409, description = "route.name_taken"),
    (status = 422, description = "route.invalid")))]
pub async fn put(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<RouteId>,
    Body(body): Body<RouteBody>,
) -> Result<Json<RouteView>, Problem> {
    let before = named::find(&app, caller, Table::Route, id.uuid()).await?;
    let before = before.ok_or_else(|| Problem::not_found("route"))?;
    check(&app, caller, id, &body).await?;
    let json = serde_json::to_string(&body).map_err(anyhow::Error::from)?;
    let mut row = named::row(&app, caller, id.uuid(), &body.name, json);
    row.created_at = before.created_at;
    let changed = RouteView::of(&row)?;
    match named::update(&app, Table::Route, row).await? {
        Changed::Done => Ok(Json(changed)),
        Changed::NotFound => Err(Problem::not_found("route")),
        Changed::NameTaken => Err(name_taken()),
    }
}

/// Takes a route away.
#[utoipa::path(delete, path = "/v1/routes/{id}", tag = "dispatch", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn remove(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<RouteId>,
) -> Result<StatusCode, Problem> {
    named::delete(&app, caller, (Table::Route, "route"), id.uuid()).await
}
