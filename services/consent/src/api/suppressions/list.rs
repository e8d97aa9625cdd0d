//! `GET /v1/suppressions`: the suppression list, in the order it grew.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Page, Params, Problem, cursor};
use contract::SuppressionId;

use super::SuppressionShown;
use crate::app::App;
use crate::db;

/// The suppression list.
#[utoipa::path(get, path = "/v1/suppressions", tag = "consent", params(Page),
    responses((status = 200, body = Listing<SuppressionShown>)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(page): Params<Page>,
) -> Result<Json<Listing<SuppressionShown>>, Problem> {
    let after: Option<SuppressionId> = cursor(page.cursor.as_deref())?;
    let limit = u32::try_from(page.size() + 1).unwrap_or(u32::MAX);
    let (db, engine) = (app.cx.db.read(), app.engine());
    let rows = db::suppression::list(db, engine, caller.tenant, after, limit).await?;
    let shown = rows.into_iter().map(SuppressionShown::from).collect();
    Ok(Json(Listing::cut(
        shown,
        page.size(),
        |one: &SuppressionShown| one.id.to_string(),
    )))
}
