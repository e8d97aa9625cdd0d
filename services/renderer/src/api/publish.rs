//! `POST /v1/templates/{id}/publish`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use contract::TemplateId;

use super::types::Template;
use crate::app::App;
use crate::db::versions;

/// Publishes the draft as a new version that never changes. Publishing an unchanged draft again is harmless.
#[utoipa::path(post, path = "/v1/templates/{id}/publish", tag = "templates", params(("id" = String, Path)),
    responses((status = 200, body = Template), (status = 404)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<TemplateId>,
) -> Result<Json<Template>, Problem> {
    let (engine, now, tenant) = (app.db.engine(), app.clock.millis(), caller.tenant);
    let published = app
        .db
        .write(move |tx| {
            Box::pin(async move { versions::publish(tx, engine, tenant, id, now).await })
        })
        .await?;
    Ok(Json(
        published
            .ok_or_else(|| Problem::not_found("template"))?
            .into(),
    ))
}
