//! `GET /v1/templates`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Page, Params, Problem, cursor};

use super::types::Template;
use crate::app::App;
use crate::db::templates;

/// Lists templates, newest first.
#[utoipa::path(get, path = "/v1/templates", tag = "templates",
    params(Page),
    responses((status = 200, body = Listing<Template>)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(page): Params<Page>,
) -> Result<Json<Listing<Template>>, Problem> {
    let before = cursor(page.cursor.as_deref())?;
    let rows = templates::page(&app.db, caller.tenant, before, page.size() + 1).await?;
    let data = rows.into_iter().map(Template::from).collect();
    Ok(Json(Listing::cut(data, page.size(), |last: &Template| {
        last.id.to_string()
    })))
}
