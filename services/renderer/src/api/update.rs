//! `PATCH /v1/templates/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Body, PathId, Problem};
use contract::TemplateId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::types::{Template, checked, checked_name};
use crate::app::App;
use crate::db::templates;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedTemplate {
    pub name: Option<String>,
    pub language: Option<String>,
    pub body: Option<String>,
}

/// Changes the draft; published versions stay as they are.
#[utoipa::path(patch, path = "/v1/templates/{id}", tag = "templates", params(("id" = String, Path)),
    request_body = ChangedTemplate, responses((status = 200, body = Template), (status = 404), (status = 422)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<TemplateId>,
    Body(change): Body<ChangedTemplate>,
) -> Result<Json<Template>, Problem> {
    let name = change.name.as_deref().map(checked_name).transpose()?;
    let draft = match change.body {
        None => None,
        Some(body) => {
            let fields = checked(&app, caller.tenant, &body).await?.fields;
            Some((body, fields))
        }
    };
    let (engine, now, tenant) = (app.db.engine(), app.clock.millis(), caller.tenant);
    let language = change.language;
    let changed = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let Some(mut row) = templates::lock(tx, engine, tenant, id).await? else {
                    return Ok(None);
                };
                row.name = name.unwrap_or(row.name);
                row.language = language.or(row.language);
                (row.body, row.fields) = draft.unwrap_or((row.body, row.fields));
                row.updated_at = now;
                templates::update(tx, engine, tenant, &row).await?;
                Ok(Some(row))
            })
        })
        .await?;
    Ok(Json(
        changed
            .ok_or_else(|| Problem::not_found("template"))?
            .into(),
    ))
}
