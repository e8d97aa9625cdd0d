use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use contract::ListId;

use super::list_view::ListView;
use crate::app::App;
use crate::db;

/// One list and how many contacts are on it.
#[utoipa::path(
    get,
    path = "/v1/lists/{id}",
    tag = "contacts",
    params(("id" = String, Path)),
    responses((status = 200, body = ListView))
)]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<ListId>,
) -> Result<Json<ListView>, Problem> {
    let (db, engine) = (app.db.read(), app.db.engine());
    let list = db::lists::by_id(db, engine, caller.tenant, id)
        .await?
        .ok_or_else(|| Problem::not_found("list"))?;
    let contacts = db::members::count(db, engine, id).await?;
    Ok(Json(ListView {
        contacts: Some(contacts),
        ..list.into()
    }))
}
