//! `POST /v1/sender-pools`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use contract::ids::SenderPoolId;

use super::view::{PoolView, check, name_taken};
use crate::api::named;
use crate::app::App;
use crate::db::named_rows::Table;
use crate::routing::pool_body::PoolBody;

/// Writes a pool down; other dispatchers follow within a second.
#[utoipa::path(post, path = "/v1/sender-pools", tag = "dispatch", request_body = PoolBody,
    responses((status = 201, body = PoolView), (status = 409, description = "pool.name_taken"),
    (status = 422, description = "pool.invalid")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(body): Body<PoolBody>,
) -> Result<(StatusCode, Json<PoolView>), Problem> {
    let id = SenderPoolId::at(app.cx.clock.now());
    check(&app, caller, id, &body).await?;
    let json = serde_json::to_string(&body).map_err(anyhow::Error::from)?;
    let row = named::row(&app, caller, id.uuid(), &body.name, json);
    let made = PoolView::of(&row)?;
    if !named::insert(&app, Table::SenderPool, row).await? {
        return Err(name_taken());
    }
    Ok((StatusCode::CREATED, Json(made)))
}
