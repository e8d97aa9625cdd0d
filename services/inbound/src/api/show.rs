//! `GET /v1/inbound/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use contract::InboundId;

use super::types::InboundMessage;
use crate::app::App;
use crate::db::received;

/// One received text.
#[utoipa::path(get, path = "/v1/inbound/{id}", tag = "inbound", params(("id" = String, Path)),
    responses((status = 200, body = InboundMessage), (status = 404)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<InboundId>,
) -> Result<Json<InboundMessage>, Problem> {
    let row = received::find(&app.db, caller.tenant, caller.mode, id).await?;
    Ok(Json(
        row.ok_or_else(|| Problem::not_found("received text"))?
            .into(),
    ))
}
