//! `POST`, `GET /v1/policies/versions` and `GET /v1/policies/versions/{n}`: a tenant's policy sets, each stored
//! once and never changed.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Listing, Params, Problem, cursor};
use chrono::{DateTime, Utc};
use contract::UnixMillis;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::proposal::{Proposal, number, refused};
use crate::app::App;
use crate::db::policy::{self, Version};
use crate::parameters::Parameters;

/// Characters of a note.
const MAX_NOTE: usize = 500;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVersion {
    pub parameters: Option<Parameters>,
    /// Cedar text; forbids only.
    pub forbids: Option<String>,
    /// What it is for; up to 500 characters.
    #[serde(default)]
    pub note: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct VersionShown {
    pub version: i64,
    /// It is the one in force.
    pub active: bool,
    pub note: String,
    #[schema(value_type = Object)]
    pub parameters: serde_json::Value,
    pub forbids: String,
    /// Of the whole policy set when it was stored.
    pub hash: String,
    pub created_at: DateTime<Utc>,
}

/// Store a version. It is not in force before it is activated.
#[utoipa::path(post, path = "/v1/policies/versions", tag = "policies", request_body = NewVersion,
    responses((status = 201, body = VersionShown), (status = 422, description = "policy.invalid, field.*")))]
pub async fn create(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(new): Body<NewVersion>,
) -> Result<(StatusCode, Json<VersionShown>), Problem> {
    if new.note.chars().count() > MAX_NOTE {
        let detail = format!("{MAX_NOTE} characters at most");
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "field.range", &detail);
        return Err(problem.error("/note", "field.range", detail));
    }
    let proposal = Proposal {
        parameters: new.parameters,
        forbids: new.forbids,
    };
    let rules = app.tenants.compile(proposal.own()?).map_err(refused)?;
    let mut stored = Version {
        version: 0,
        parameters: serde_json::to_string(rules.parameters()).map_err(anyhow::Error::from)?,
        forbids: rules.own().forbids.clone(),
        note: new.note,
        hash: rules.hash().to_vec(),
        created_at: app.cx.clock.millis().0,
    };
    let (row, engine) = (stored.clone(), app.engine());
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { policy::add(tx, engine, caller.tenant, &row).await })
    });
    stored.version = write.await?;
    Ok((StatusCode::CREATED, Json(shown(stored, -1))))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    pub cursor: Option<String>,
    /// 1 to 200, 50 if absent.
    pub limit: Option<u32>,
}

/// Stored versions, newest first.
#[utoipa::path(get, path = "/v1/policies/versions", tag = "policies", params(Filter),
    responses((status = 200, body = Listing<VersionShown>), (status = 400, description = "cursor.invalid")))]
pub async fn list(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(filter): Params<Filter>,
) -> Result<Json<Listing<VersionShown>>, Problem> {
    let below = cursor(filter.cursor.as_deref())?.unwrap_or(i64::MAX);
    let size = filter.limit.unwrap_or(50).clamp(1, 200);
    let (reader, engine) = (app.cx.db.read(), app.engine());
    let active = policy::active(reader, engine, caller.tenant).await?;
    let rows = policy::list(reader, engine, caller.tenant, below, size + 1).await?;
    let rows = rows.into_iter().map(|row| shown(row, active)).collect();
    Ok(Json(Listing::cut(
        rows,
        u64::from(size),
        |row: &VersionShown| row.version.to_string(),
    )))
}

/// One version.
#[utoipa::path(get, path = "/v1/policies/versions/{version}", tag = "policies",
    params(("version" = i64, Path)), responses((status = 200, body = VersionShown), (status = 404)))]
pub async fn show(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    path: Path<String>,
) -> Result<Json<VersionShown>, Problem> {
    let (reader, engine, version) = (app.cx.db.read(), app.engine(), number(path)?);
    let found = policy::find(reader, engine, caller.tenant, version).await?;
    let found = found.ok_or_else(|| Problem::not_found("policy version"))?;
    let active = policy::active(reader, engine, caller.tenant).await?;
    Ok(Json(shown(found, active)))
}

fn shown(row: Version, active: i64) -> VersionShown {
    VersionShown {
        active: row.version == active,
        version: row.version,
        note: row.note,
        parameters: serde_json::from_str(&row.parameters).unwrap_or_default(),
        forbids: row.forbids,
        hash: hex::encode(row.hash),
        created_at: UnixMillis(row.created_at).to_utc(),
    }
}
