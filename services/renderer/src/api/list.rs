//! `GET /v1/templates`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Listing, Page, Params, Problem};

use contract::TemplateId;

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
    let rows = templates::page(&app.db, caller.tenant, before(&page)?, page.size() + 1).await?;
    let data = rows.into_iter().map(Template::from).collect();
    Ok(Json(Listing::cut(data, page.size(), |last: &Template| {
        last.id.to_string()
    })))
}

fn before(page: &Page) -> Result<Option<TemplateId>, Problem> {
    let bad = |_| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "cursor.invalid",
            "pass next_cursor of the page before",
        )
    };
    page.cursor
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(bad)
}
