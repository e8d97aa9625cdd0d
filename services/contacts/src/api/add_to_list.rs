use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Body, PathId, Problem};
use contract::{ContactId, ListId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::db;

/// Most contacts of one request.
const MOST: usize = 1000;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Members {
    /// At most 1,000.
    #[schema(value_type = Vec<String>)]
    contacts: Vec<ContactId>,
}

impl Members {
    pub fn checked(self) -> Result<Vec<ContactId>, Problem> {
        if self.contacts.len() > MOST {
            return Err(Problem::invalid(format!(
                "at most {MOST} contacts in one request"
            )));
        }
        Ok(self.contacts)
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Changed {
    /// Memberships that changed; contacts that do not exist, or already were as asked, do not count.
    pub changed: u64,
}

/// Puts contacts on a list.
#[utoipa::path(
    put,
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
            let changed = db::members::add_existing(tx, engine, tenant, id, &contacts).await?;
            follower.changed(tx, tenant, contacts, now).await?;
            Ok(changed)
        })
    });
    Ok(Json(Changed {
        changed: changed.await?,
    }))
}
