//! Shapes of the template API, and the check every saved body goes through.

use axum::http::StatusCode;
use chassis::http::Problem;
use chrono::{DateTime, Utc};
use contract::contacts::ListFields;
use contract::{TemplateId, TenantId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::db::templates;
use crate::template::{self, Compiled, RenderError, TemplateError};

/// A text with merge fields.
#[derive(Debug, Serialize, ToSchema)]
pub struct Template {
    #[schema(value_type = String)]
    pub id: TemplateId,
    pub name: String,
    pub language: Option<String>,
    /// The draft; what is sent is the published version.
    pub body: String,
    /// Merge fields the draft uses, without `contact.`.
    pub fields: Vec<String>,
    /// `null` until it is published.
    pub published_version: Option<i64>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<templates::Template> for Template {
    fn from(row: templates::Template) -> Self {
        Self {
            id: row.id,
            name: row.name,
            language: row.language,
            body: row.body,
            fields: row.fields,
            published_version: (row.published_version > 0).then_some(row.published_version),
            created_at: row.created_at.to_utc(),
            updated_at: row.updated_at.to_utc(),
        }
    }
}

/// Compiles a body and checks it against the fields that the tenant's contacts have.
pub async fn checked(app: &App, tenant: TenantId, body: &str) -> Result<Compiled, Problem> {
    let compiled = template::compile(body, app.config.limits()).map_err(|error| refused(&error))?;
    let known = if compiled.fields.is_empty() {
        Vec::new()
    } else {
        app.bus.ask(tenant, &ListFields {}).await?
    };
    template::check(&compiled, &known).map_err(|error| refused(&error))?;
    Ok(compiled)
}

pub fn refused(error: &TemplateError) -> Problem {
    let detail = error.to_string();
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        error.code(),
        detail.clone(),
    )
    .error("/body", error.code(), detail)
}

pub fn unrendered(error: &RenderError) -> Problem {
    let detail = error.to_string();
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        error.code(),
        detail.clone(),
    )
    .error("/body", error.code(), detail)
}

pub fn checked_name(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 200 {
        return Err(
            Problem::invalid("a template's name has 1 to 200 characters").error(
                "/name",
                "field.invalid",
                "1 to 200 characters",
            ),
        );
    }
    Ok(name.to_string())
}
