use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use contract::ListId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::list_view::ListView;
use crate::app::App;
use crate::db;
use crate::db::lists::List;
use crate::person::{MAX_NAME, check_text};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewList {
    /// Names are unique.
    name: String,
}

/// The name of a list as it is kept.
pub fn list_name(text: &str) -> Result<String, Problem> {
    let name = text.trim();
    if name.is_empty() {
        return Err(Problem::invalid("a list needs a name"));
    }
    let checked = check_text(name, MAX_NAME);
    checked
        .map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.code, error.hint))?;
    Ok(name.to_string())
}

/// Creates a list.
#[utoipa::path(post, path = "/v1/lists", tag = "contacts", request_body = NewList, responses((status = 201, body = ListView)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(new): Body<NewList>,
) -> Result<(StatusCode, Json<ListView>), Problem> {
    let (engine, now) = (app.db.engine(), app.clock.now());
    let list = List {
        id: ListId::at(now),
        name: list_name(&new.name)?,
        created_at: now.timestamp_millis(),
    };
    let made = app.db.write(move |tx| {
        Box::pin(async move { db::lists::create(tx, engine, caller.tenant, &list).await })
    });
    match made.await? {
        (list, true) => Ok((StatusCode::CREATED, Json(list.into()))),
        (list, false) => {
            let detail = format!("{} already has this name", list.id);
            Err(Problem::new(StatusCode::CONFLICT, "list.exists", detail))
        }
    }
}
