use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};

use super::contact_ref::ContactRef;
use super::contact_view::ContactView;
use crate::app::App;

/// One contact.
#[utoipa::path(
    get,
    path = "/v1/contacts/{id}",
    tag = "contacts",
    params(("id" = String, Path, description = "con_… or ext:<external_id>")),
    responses((status = 200, body = ContactView))
)]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(contact): PathId<ContactRef>,
) -> Result<Json<ContactView>, Problem> {
    let found = contact
        .load(app.db.read(), app.db.engine(), caller.tenant)
        .await?;
    Ok(Json(found.into()))
}
