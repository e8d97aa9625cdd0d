use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Body, PathId, Problem};
use contract::ListId;

use super::add_to_list::{Changed, Members};
use crate::app::App;
use crate::db;

/// Takes contacts off a list.
#[utoipa::path(
    delete,
    path = "/v1/lists/{id}/contacts",
    tag = "contacts",
    params(("id" = String, Path)),
    request_body = Members,
    responses((status = 200, body = Changed))
)]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<ListId>,
    Body(members): Body<Members>,
) -> Result<Json<Changed>, Problem> {
    let (engine, tenant, contacts) = (app.db.engine(), caller.tenant, members.checked()?);
    let (follower, now) = (app.follower.clone(), app.clock.now());
    let changed = app.db.write(move |tx| {
        Box::pin(async move {
            let list = db::lists::by_id(tx, engine, tenant, id).await?;
            list.ok_or_else(|| Problem::not_found("list"))?;
            let changed = db::members::remove(tx, engine, id, &contacts).await?;
            follower.changed(tx, tenant, contacts, now).await?;
            Ok(changed)
        })
    });
    Ok(Json(Changed {
        changed: changed.await?,
    }))
}
