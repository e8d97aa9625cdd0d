//! `GET /v1/journeys`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Page, Params, Problem, cursor};
use contract::JourneyId;

use super::types::Journey;
use crate::app::App;
use crate::db;

/// The tenant's journeys, newest first.
#[utoipa::path(get, path = "/v1/journeys", tag = "journeys", params(Page), responses((status = 200, body = Listing<Journey>)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(page): Params<Page>,
) -> Result<Json<Listing<Journey>>, Problem> {
    let before = cursor::<JourneyId>(page.cursor.as_deref())?;
    let size = page.size();
    let rows = db::journey::page(app.cx.db.read(), caller.tenant, before, size + 1).await?;
    let rows: Vec<Journey> = rows.into_iter().map(Journey::from).collect();
    Ok(Json(Listing::cut(rows, size, |journey| {
        journey.id.to_string()
    })))
}
