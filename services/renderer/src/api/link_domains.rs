//! `GET /v1/link-domains`, `POST /v1/link-domains`, `DELETE /v1/link-domains/{domain}`

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use chrono::{DateTime, Utc};
use contract::UnixMillis;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::db::links;
use crate::links::target;

/// A host name whose `/l/…` comes to this installation.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkDomain {
    pub domain: String,
    pub created_at: DateTime<Utc>,
}

impl LinkDomain {
    fn new(domain: String, created_at: UnixMillis) -> Self {
        Self {
            domain,
            created_at: created_at.to_utc(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LinkDomains {
    pub data: Vec<LinkDomain>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLinkDomain {
    /// Such as `go.example.com`, without `https://`.
    pub domain: String,
}

/// Lists the tenant's domains for short links. New links stand on the first.
#[utoipa::path(get, path = "/v1/link-domains", tag = "templates",
    responses((status = 200, body = LinkDomains)))]
pub async fn list(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
) -> Result<Json<LinkDomains>, Problem> {
    let rows = links::domains(&app.db, caller.tenant).await?.into_iter();
    let data = rows
        .map(|(domain, at)| LinkDomain::new(domain, at))
        .collect();
    Ok(Json(LinkDomains { data }))
}

/// Takes a domain for short links.
#[utoipa::path(post, path = "/v1/link-domains", tag = "templates", request_body = NewLinkDomain,
    responses((status = 201, body = LinkDomain), (status = 409), (status = 422)))]
pub async fn add(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(new): Body<NewLinkDomain>,
) -> Result<(StatusCode, Json<LinkDomain>), Problem> {
    let domain = new.domain.trim().trim_end_matches('.').to_ascii_lowercase();
    if !target::is_domain(&domain) {
        let detail = "a host name such as go.example.com, without https:// and without a port";
        return Err(Problem::invalid(detail).error("/domain", "field.invalid", detail));
    }
    let (engine, now, tenant, name) = (
        app.db.engine(),
        app.clock.millis(),
        caller.tenant,
        domain.clone(),
    );
    let ours = app
        .db
        .write(move |tx| {
            Box::pin(async move { links::add_domain(tx, engine, tenant, &name, now).await })
        })
        .await?;
    if !ours {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "link_domain.taken",
            "another tenant has this domain",
        ));
    }
    Ok((StatusCode::CREATED, Json(LinkDomain::new(domain, now))))
}

/// Gives a domain up. Links on it lead nowhere from then on.
#[utoipa::path(delete, path = "/v1/link-domains/{domain}", tag = "templates",
    params(("domain" = String, Path)), responses((status = 204), (status = 404)))]
pub async fn remove(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Path(domain): Path<String>,
) -> Result<StatusCode, Problem> {
    let (engine, tenant) = (app.db.engine(), caller.tenant);
    let removed = app
        .db
        .write(move |tx| {
            Box::pin(async move { links::remove_domain(tx, engine, tenant, &domain).await })
        })
        .await?;
    if removed {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("domain"))
    }
}
