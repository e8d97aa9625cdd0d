//! `GET /v1/templates/{id}/versions`

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Page, Params, PathId, Problem, cursor};
use chrono::{DateTime, Utc};
use contract::TemplateId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::content::Variant;
use crate::db::{templates, versions};

/// A template as it was published. It never changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct Version {
    pub version: u32,
    pub language: Option<String>,
    pub body: String,
    pub variants: Vec<Variant>,
    /// Fragments it uses, each with the version it has of them.
    pub fragments: BTreeMap<String, i64>,
    pub published_at: DateTime<Utc>,
}

impl From<versions::Row> for Version {
    fn from(row: versions::Row) -> Self {
        let fragments = row.content.more.fragments.into_iter();
        Self {
            version: row.version,
            language: row.content.language,
            body: row.content.body,
            variants: row.content.more.variants,
            fragments: fragments
                .map(|(name, fragment)| (name, fragment.version))
                .collect(),
            published_at: row.created_at.to_utc(),
        }
    }
}

/// Lists the published versions of a template, newest first.
#[utoipa::path(get, path = "/v1/templates/{id}/versions", tag = "templates",
    params(("id" = String, Path), Page),
    responses((status = 200, body = Listing<Version>), (status = 404)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<TemplateId>,
    Params(page): Params<Page>,
) -> Result<Json<Listing<Version>>, Problem> {
    if templates::find(&app.db, caller.tenant, id).await?.is_none() {
        return Err(Problem::not_found("template"));
    }
    let before = cursor(page.cursor.as_deref())?;
    let rows = versions::page(&app.db, id, before, page.size() + 1).await?;
    let data = rows.into_iter().map(Version::from).collect();
    Ok(Json(Listing::cut(data, page.size(), |last: &Version| {
        last.version.to_string()
    })))
}
