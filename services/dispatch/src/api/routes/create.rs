//! `POST /v1/routes`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use contract::ids::RouteId;

use super::view::{RouteView, check, name_taken};
use crate::api::named;
use crate::app::App;
use crate::db::named_rows::Table;
use crate::routing::route_body::RouteBody;

/// Writes a route down; other dispatchers follow within a second.
#[utoipa::path(post, path = "/v1/routes", tag = "dispatch", request_body = RouteBody,
    responses((status = 201, body = RouteView), (status = 409, description = "route.name_taken"),
    (status = 422, description = "route.invalid")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(body): Body<RouteBody>,
) -> Result<(StatusCode, Json<RouteView>), Problem> {
    let id = RouteId::at(app.cx.clock.now());
    check(&app, caller, id, &body).await?;
    let json = serde_json::to_string(&body).map_err(anyhow::Error::from)?;
    let row = named::row(&app, caller, id.uuid(), &body.name, json);
    let made = RouteView::of(&row)?;
    if !named::insert(&app, Table::Route, row).await? {
        return Err(name_taken());
    }
    Ok((StatusCode::CREATED, Json(made)))
}
