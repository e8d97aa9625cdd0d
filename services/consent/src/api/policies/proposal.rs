//! What somebody proposes as a policy set of their own, and how its faults are told.

use axum::extract::Path;
use axum::http::StatusCode;
use chassis::http::Problem;
use contract::TenantId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::db;
use crate::parameters::Parameters;
use crate::rules::{Fault, Own, RulesError};

/// Bytes of Cedar text in one version.
const MAX_FORBIDS: usize = 256 * 1024;

/// A tenant's own parameters and forbids; what is absent is the pack's default.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Proposal {
    pub parameters: Option<Parameters>,
    /// Cedar text; forbids only.
    pub forbids: Option<String>,
}

impl Proposal {
    pub fn own(self) -> Result<Own, Problem> {
        let forbids = self.forbids.unwrap_or_default();
        if forbids.len() > MAX_FORBIDS {
            let detail = format!("{MAX_FORBIDS} bytes of policies at most");
            return Err(
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "field.range", &detail).error(
                    "/forbids",
                    "field.range",
                    detail,
                ),
            );
        }
        Ok(Own {
            parameters: self.parameters.unwrap_or_default(),
            forbids,
        })
    }
}

/// A version that is stored, or what stands in the question itself.
pub async fn chosen(
    app: &App,
    tenant: TenantId,
    version: Option<i64>,
    proposal: Proposal,
) -> Result<Own, Problem> {
    let Some(version) = version else {
        return proposal.own();
    };
    if proposal.parameters.is_some() || proposal.forbids.is_some() {
        let detail = "give a version, or parameters and forbids, not both";
        return Err(Problem::invalid(detail).error("/version", "field.invalid", detail));
    }
    own_of(app, tenant, version).await
}

/// What a stored version holds; 0 is the pack alone.
pub async fn own_of(app: &App, tenant: TenantId, version: i64) -> Result<Own, Problem> {
    if version == 0 {
        return Ok(Own::default());
    }
    let found = db::policy::find(app.cx.db.read(), app.engine(), tenant, version).await?;
    let found = found.ok_or_else(|| Problem::not_found("policy version"))?;
    let parameters = serde_json::from_str(&found.parameters).map_err(anyhow::Error::from)?;
    Ok(Own {
        parameters,
        forbids: found.forbids,
    })
}

/// 422 with every fault and its place.
pub fn refused(error: RulesError) -> Problem {
    if error.faults().is_empty() {
        return Problem::internal(&error.into());
    }
    let detail = format!("the policy set has faults: {error}");
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "policy.invalid", detail);
    error.faults().iter().fold(problem, |problem, fault| {
        problem.error(pointer(fault), fault.code, words(fault))
    })
}

/// Faults of parameters carry their pointer in place of a policy's id.
pub fn pointer(fault: &Fault) -> &str {
    match (fault.code, &fault.policy) {
        ("policy.parameters", Some(pointer)) => pointer,
        _ => "/forbids",
    }
}

fn words(fault: &Fault) -> String {
    let place = fault.line.zip(fault.column);
    let place = place.map(|(line, column)| format!("line {line}, column {column}: "));
    format!("{}{}", place.unwrap_or_default(), fault.detail)
}

/// The version in a path.
pub fn number(Path(text): Path<String>) -> Result<i64, Problem> {
    text.parse().ok().filter(|n| *n >= 0).ok_or_else(|| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "path.malformed",
            "a version is a number from 0",
        )
    })
}
