//! `GET /v1/inbound`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Page, Params, Problem, cursor};

use super::types::InboundMessage;
use crate::app::App;
use crate::db::received;

/// Lists received texts of the key's mode, newest first.
#[utoipa::path(get, path = "/v1/inbound", tag = "inbound", params(Page),
    responses((status = 200, body = Listing<InboundMessage>)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(page): Params<Page>,
) -> Result<Json<Listing<InboundMessage>>, Problem> {
    let before = cursor(page.cursor.as_deref())?;
    let rows = received::page(&app.db, caller.tenant, caller.mode, before, page.size() + 1).await?;
    let data = rows.into_iter().map(InboundMessage::from).collect();
    Ok(Json(Listing::cut(
        data,
        page.size(),
        |last: &InboundMessage| last.id.to_string(),
    )))
}
