use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Page, Params, Problem, cursor};
use contract::KeyId;

use super::key_view::KeyView;
use crate::app::App;
use crate::db;

/// API keys, oldest first; revoked ones too.
#[utoipa::path(get, path = "/v1/api-keys", tag = "accounts", params(Page), responses((status = 200, body = Listing<KeyView>)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(page): Params<Page>,
) -> Result<Json<Listing<KeyView>>, Problem> {
    let after = cursor(page.cursor.as_deref())?;
    let limit = i64::try_from(page.size() + 1).unwrap_or(i64::MAX);
    let after = after.unwrap_or(KeyId::from_raw(0));
    let keys = db::keys::page(app.db.read(), app.db.engine(), caller.tenant, after, limit).await?;
    let views = keys.into_iter().map(KeyView::from).collect();
    Ok(Json(Listing::cut(views, page.size(), |view| {
        view.id.to_string()
    })))
}
