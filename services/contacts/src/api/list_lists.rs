use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Page, Params, Problem, cursor};
use contract::ListId;

use super::list_view::ListView;
use crate::app::App;
use crate::db;

/// Lists, oldest first.
#[utoipa::path(get, path = "/v1/lists", tag = "contacts", params(Page), responses((status = 200, body = Listing<ListView>)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(page): Params<Page>,
) -> Result<Json<Listing<ListView>>, Problem> {
    let after = cursor(page.cursor.as_deref())?.unwrap_or(ListId::from_raw(0));
    let limit = i64::try_from(page.size() + 1).unwrap_or(i64::MAX);
    let lists =
        db::lists::page(app.db.read(), app.db.engine(), caller.tenant, after, limit).await?;
    let views = lists.into_iter().map(ListView::from).collect();
    Ok(Json(Listing::cut(views, page.size(), |view| {
        view.id.to_string()
    })))
}
