//! `GET /v1/fragments`, `GET /v1/fragments/{name}`, `PUT /v1/fragments/{name}`

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use chassis::http::{Auth, Body, Listing, Page, Params, Problem};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::types::checked;
use crate::app::App;
use crate::compose;
use crate::content::{Content, More, Variant};
use crate::db::fragments;

/// A part that several templates share, put in by `{{ fragment('name') }}`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Fragment {
    pub name: String,
    /// Templates keep the version that was newest when they were published.
    pub version: i64,
    pub language: Option<String>,
    pub body: String,
    pub variants: Vec<Variant>,
    pub created_at: DateTime<Utc>,
}

impl From<fragments::Row> for Fragment {
    fn from(row: fragments::Row) -> Self {
        Self {
            name: row.name,
            version: row.fragment.version,
            language: row.fragment.language,
            body: row.fragment.body,
            variants: row.fragment.variants,
            created_at: row.created_at.to_utc(),
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFragment {
    /// Of `body`.
    pub language: Option<String>,
    pub body: String,
    #[serde(default)]
    pub variants: Vec<Variant>,
}

/// Lists fragments by name, each in its newest version.
#[utoipa::path(get, path = "/v1/fragments", tag = "templates", params(Page),
    responses((status = 200, body = Listing<Fragment>)))]
pub async fn list(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(page): Params<Page>,
) -> Result<Json<Listing<Fragment>>, Problem> {
    let after = page.cursor.as_deref().unwrap_or_default();
    let rows = fragments::page(&app.db, caller.tenant, after, page.size() + 1).await?;
    let data = rows.into_iter().map(Fragment::from).collect();
    Ok(Json(Listing::cut(data, page.size(), |last: &Fragment| {
        last.name.clone()
    })))
}

/// The newest version of a fragment.
#[utoipa::path(get, path = "/v1/fragments/{name}", tag = "templates", params(("name" = String, Path)),
    responses((status = 200, body = Fragment), (status = 404)))]
pub async fn show(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
) -> Result<Json<Fragment>, Problem> {
    let row = fragments::find(&app.db, caller.tenant, &name).await?;
    Ok(Json(
        row.ok_or_else(|| Problem::not_found("fragment"))?.into(),
    ))
}

/// Saves a fragment as its next version. Published templates keep the version they have.
#[utoipa::path(put, path = "/v1/fragments/{name}", tag = "templates", params(("name" = String, Path)),
    request_body = NewFragment, responses((status = 200, body = Fragment), (status = 422)))]
pub async fn save(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Body(new): Body<NewFragment>,
) -> Result<Json<Fragment>, Problem> {
    let named = (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if !named {
        return Err(Problem::invalid(
            "a fragment's name has 1 to 64 letters, digits, - and _",
        ));
    }
    let mut content = Content {
        language: new.language,
        body: new.body,
        more: More {
            variants: new.variants,
            ..More::default()
        },
    };
    if content
        .texts()
        .any(|(_, body)| !compose::fragments_of(body).is_empty())
    {
        return Err(Problem::invalid("a fragment holds no other fragments"));
    }
    checked(&app, caller.tenant, &mut content).await?;
    let row = fragments::Row {
        name,
        fragment: crate::content::Fragment {
            version: 0,
            language: content.language,
            body: content.body,
            variants: content.more.variants,
        },
        created_at: app.clock.millis(),
    };
    let (engine, tenant) = (app.db.engine(), caller.tenant);
    let saved = app
        .db
        .write(move |tx| Box::pin(async move { fragments::save(tx, engine, tenant, row).await }))
        .await?;
    Ok(Json(saved.into()))
}
