//! `POST /v1/policies/versions/{n}/activate` and `POST /v1/policies/rollback`: what is in force from the next
//! permit on, for campaigns under way too.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chassis::http::{Auth, Problem};
use contract::TenantId;
use serde::Serialize;
use utoipa::ToSchema;

use super::proposal::{number, own_of, refused};
use crate::app::App;
use crate::db::policy;

#[derive(Debug, Serialize, ToSchema)]
pub struct Activated {
    /// In force now; 0 is the pack alone.
    pub version: i64,
    /// In force until now.
    pub before: i64,
    /// Of the policy set now in force.
    pub hash: String,
}

/// Put a version in force. Texts under way are judged by it at their permit.
#[utoipa::path(post, path = "/v1/policies/versions/{version}/activate", tag = "policies",
    params(("version" = i64, Path, description = "0 is the pack alone")),
    responses((status = 200, body = Activated), (status = 404), (status = 422, description = "policy.invalid")))]
pub async fn activate(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    path: Path<String>,
) -> Result<Json<Activated>, Problem> {
    let version = number(path)?;
    put_in_force(&app, caller.tenant, version).await.map(Json)
}

/// Put back in force what was before the last activation.
#[utoipa::path(post, path = "/v1/policies/rollback", tag = "policies",
    responses((status = 200, body = Activated), (status = 409, description = "policy.nothing_before")))]
pub async fn roll_back(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
) -> Result<Json<Activated>, Problem> {
    let before = policy::before(app.cx.db.read(), app.engine(), caller.tenant).await?;
    let Some(version) = before else {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "policy.nothing_before",
            "no version was ever activated, so there is nothing to go back to",
        ));
    };
    put_in_force(&app, caller.tenant, version).await.map(Json)
}

/// A version that the pack no longer goes with must not stop all texts, so it is compiled first.
async fn put_in_force(app: &App, tenant: TenantId, version: i64) -> Result<Activated, Problem> {
    let own = own_of(app, tenant, version).await?;
    let rules = app.tenants.compile(own).map_err(refused)?;
    let (engine, now) = (app.engine(), app.cx.clock.millis().0);
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move { policy::activate(tx, engine, tenant, version, now).await })
    });
    Ok(Activated {
        before: write.await?,
        version,
        hash: hex::encode(rules.hash()),
    })
}
