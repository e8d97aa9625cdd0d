//! `POST /v1/templates/{id}/publish`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use contract::TemplateId;

use super::types::{Template, changed, checked};
use crate::app::App;
use crate::db::templates;
use crate::db::versions::{self, Checked, Publishing};

/// Publishes the draft, with its fragments as they are now, as a new version that never changes. Publishing
/// again where neither has changed is harmless.
#[utoipa::path(post, path = "/v1/templates/{id}/publish", tag = "templates", params(("id" = String, Path)),
    responses((status = 200, body = Template), (status = 404), (status = 409), (status = 422)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<TemplateId>,
) -> Result<Json<Template>, Problem> {
    let tenant = caller.tenant;
    let draft = templates::find(&app.db, tenant, id).await?;
    let draft = draft.ok_or_else(|| Problem::not_found("template"))?;
    let mut content = draft.content();
    let fields = checked(&app, tenant, &mut content).await?.needed();
    let ready = Checked {
        draft,
        content,
        fields,
    };
    let (engine, now) = (app.db.engine(), app.clock.millis());
    let done = app
        .db
        .write(move |tx| {
            Box::pin(async move { versions::publish(tx, engine, tenant, &ready, now).await })
        })
        .await?;
    match done {
        Publishing::Done(template) => Ok(Json((*template).into())),
        Publishing::Changed => Err(changed()),
        Publishing::Gone => Err(Problem::not_found("template")),
    }
}
