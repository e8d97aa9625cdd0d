use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Page, Params, Problem, cursor};
use contract::ImportId;

use super::import_view::ImportView;
use crate::app::App;
use crate::db;

/// Imports, newest first.
#[utoipa::path(get, path = "/v1/imports", tag = "contacts", params(Page), responses((status = 200, body = Listing<ImportView>)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(page): Params<Page>,
) -> Result<Json<Listing<ImportView>>, Problem> {
    let before = cursor(page.cursor.as_deref())?.unwrap_or(ImportId::from_raw(u128::MAX));
    let limit = i64::try_from(page.size() + 1).unwrap_or(i64::MAX);
    let jobs =
        db::imports::page(app.db.read(), app.db.engine(), caller.tenant, before, limit).await?;
    let views = jobs.into_iter().map(ImportView::from).collect();
    Ok(Json(Listing::cut(views, page.size(), |view| {
        view.id.to_string()
    })))
}
