//! `PATCH /v1/templates/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Body, PathId, Problem};
use contract::TemplateId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::types::{Asked, Template, checked, checked_name};
use crate::app::App;
use crate::content::Variant;
use crate::db::templates;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedTemplate {
    pub name: Option<String>,
    pub language: Option<String>,
    pub body: Option<String>,
    /// Replaces all.
    pub variants: Option<Vec<Variant>>,
    #[serde(default)]
    pub options: Asked,
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
    let row = templates::find(&app.db, caller.tenant, id).await?;
    let row = row.ok_or_else(|| Problem::not_found("template"))?;
    let mut content = row.content();
    content.language = change.language.or(content.language);
    content.body = change.body.unwrap_or(content.body);
    content.more.variants = change.variants.unwrap_or(content.more.variants);
    content.more.options = change.options.over(&content.more.options);
    let fields = if content == row.content() {
        row.fields.clone()
    } else {
        let compiled = checked(&app, caller.tenant, &mut content).await?;
        content.more.fragments.clear();
        compiled.fields
    };
    let (engine, now, tenant) = (app.db.engine(), app.clock.millis(), caller.tenant);
    let changed = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let Some(mut now_row) = templates::lock(tx, engine, tenant, id).await? else {
                    return Ok(None);
                };
                if now_row.content() != row.content() {
                    return Err(super::types::changed().into());
                }
                now_row.name = name.unwrap_or(now_row.name);
                now_row.language = content.language;
                now_row.body = content.body;
                now_row.more = content.more;
                now_row.fields = fields;
                now_row.updated_at = now;
                templates::update(tx, engine, tenant, &now_row).await?;
                Ok(Some(now_row))
            })
        })
        .await?;
    Ok(Json(
        changed
            .ok_or_else(|| Problem::not_found("template"))?
            .into(),
    ))
}
