//! `GET /v1/messages`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Page, Params, Problem, cursor};

use super::types::ApiMessage;
use crate::app::App;
use crate::db::api_message;

/// Texts of the API, newest first, in the mode of the key.
#[utoipa::path(get, path = "/v1/messages", tag = "messages", params(Page),
    responses((status = 200, body = Listing<ApiMessage>)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(page): Params<Page>,
) -> Result<Json<Listing<ApiMessage>>, Problem> {
    let before = cursor(page.cursor.as_deref())?;
    let (engine, db, size) = (app.cx.db.engine(), app.cx.db.read(), page.size());
    let who = (caller.tenant, caller.mode);
    let rows = api_message::page(engine, db, who, before, size + 1).await?;
    let rows: Vec<ApiMessage> = rows.into_iter().map(ApiMessage::from).collect();
    Ok(Json(Listing::cut(rows, size, |one| one.id.to_string())))
}
