//! `POST /v1/templates`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use contract::TemplateId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::types::{Asked, Template, checked, checked_name, usual};
use crate::app::App;
use crate::content::{Content, More, Variant};
use crate::db::templates;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTemplate {
    pub name: String,
    /// BCP 47 tag of the text's language, such as `en`.
    pub language: Option<String>,
    /// Text with merge fields: `Hi {{ contact.first_name | default('there') }}`.
    pub body: String,
    /// The text in other languages; whoever wants none of them gets `body`.
    #[serde(default)]
    pub variants: Vec<Variant>,
    #[serde(default)]
    pub options: Asked,
}

/// Saves a new template as a draft.
#[utoipa::path(post, path = "/v1/templates", tag = "templates", request_body = NewTemplate,
    responses((status = 201, body = Template), (status = 422, description = "template.syntax, template.undeclared_var, …")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(new): Body<NewTemplate>,
) -> Result<(StatusCode, Json<Template>), Problem> {
    let name = checked_name(&new.name)?;
    let mut content = Content {
        language: new.language,
        body: new.body,
        more: More {
            variants: new.variants,
            options: new.options.over(&usual()),
            ..More::default()
        },
    };
    let compiled = checked(&app, caller.tenant, &mut content).await?;
    // A draft has no fragments of its own: each check takes the newest.
    content.more.fragments.clear();
    let now = app.clock.now();
    let row = templates::Template {
        id: TemplateId::at(now),
        name,
        language: content.language,
        body: content.body,
        more: content.more,
        fields: compiled.fields,
        published_version: 0,
        created_at: now.into(),
        updated_at: now.into(),
    };
    let (saved, engine) = (row.clone(), app.db.engine());
    app.db
        .write(move |tx| {
            Box::pin(async move { templates::insert(tx, engine, caller.tenant, &saved).await })
        })
        .await?;
    Ok((StatusCode::CREATED, Json(row.into())))
}
