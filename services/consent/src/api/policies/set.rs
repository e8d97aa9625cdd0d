//! `GET /v1/policy-sets/{hash}`: the full texts that a decision was made by.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use chassis::http::{Auth, Problem};
use contract::TenantId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::db::policy;
use crate::parameters::Parameters;

#[derive(Debug, Serialize, ToSchema)]
pub struct PolicySetShown {
    pub hash: String,
    /// By file name: the schema, every Cedar text, every law file.
    #[schema(value_type = Object)]
    pub texts: Value,
    #[schema(value_type = Object)]
    pub parameters: Value,
}

/// A policy set as it decided. Only sets that decided something are kept.
#[utoipa::path(get, path = "/v1/policy-sets/{hash}", tag = "policies",
    params(("hash" = String, Path, description = "64 hex digits, as decisions name it")),
    responses((status = 200, body = PolicySetShown), (status = 404)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Path(hash): Path<String>,
) -> Result<Json<PolicySetShown>, Problem> {
    let gone = || Problem::not_found("policy set");
    let bytes = hex::decode(&hash).map_err(|_| gone())?;
    let body = policy::text(app.cx.db.read(), app.engine(), &bytes).await?;
    let mut body: Value = serde_json::from_str(&body.ok_or_else(gone)?).unwrap_or_default();
    if !may_see(&app, caller.tenant, &body).await? {
        return Err(gone());
    }
    let mut take = |field: &str| body.get_mut(field).map(Value::take).unwrap_or_default();
    Ok(Json(PolicySetShown {
        texts: take("texts"),
        parameters: take("parameters"),
        hash,
    }))
}

/// The pack is everybody's; a set with somebody's own words is only theirs.
async fn may_see(app: &App, tenant: TenantId, body: &Value) -> anyhow::Result<bool> {
    let parameters: Parameters = serde_json::from_value(body["parameters"].clone())?;
    let forbids = body["texts"]["tenant.cedar"].as_str().unwrap_or_default();
    if forbids.is_empty() && parameters == Parameters::default() {
        return Ok(true);
    }
    let mut below = i64::MAX;
    loop {
        let page = policy::list(app.cx.db.read(), app.engine(), tenant, below, 200).await?;
        let Some(last) = page.last() else {
            return Ok(false);
        };
        below = last.version;
        let same = page.iter().any(|version| {
            version.forbids == forbids
                && serde_json::from_str::<Parameters>(&version.parameters)
                    .is_ok_and(|own| own == parameters)
        });
        if same {
            return Ok(true);
        }
    }
}
