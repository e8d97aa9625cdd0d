use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, PathId, Problem};
use contract::contacts::ContactDeleted;

use super::contact_ref::ContactRef;
use crate::app::App;
use crate::db;

/// Removes a contact from here and from every list. The consent ledger keeps its own record.
#[utoipa::path(
    delete,
    path = "/v1/contacts/{id}",
    tag = "contacts",
    params(("id" = String, Path, description = "con_… or ext:<external_id>")),
    responses((status = 204))
)]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(contact): PathId<ContactRef>,
) -> Result<StatusCode, Problem> {
    let (engine, tenant, bus) = (app.db.engine(), caller.tenant, app.bus.clone());
    let deleted = app.db.write(move |tx| {
        Box::pin(async move {
            let found = contact.load(tx, engine, tenant).await?;
            if db::contacts::delete(tx, engine, tenant, found.id).await? {
                let said = ContactDeleted { contact: found.id };
                bus.say(tx, tenant, &said).await?;
            }
            Ok(())
        })
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}
