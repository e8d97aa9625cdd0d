//! `POST /v1/policies/test`: runs cases against what is in force, a stored version or a proposal.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::proposal::{Proposal, chosen, own_of, refused};
use crate::app::App;
use crate::cases::{Bench, Case, Outcome};
use crate::db;

/// Cases of one question.
const MAX_CASES: usize = 5000;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestAsked {
    /// In the format of `hailmast policy test`; 1 to 5,000.
    #[schema(value_type = Vec<Object>)]
    pub cases: Vec<Value>,
    /// A stored version; 0 is the pack alone. With no version, parameters and forbids: what is in force.
    pub version: Option<i64>,
    pub parameters: Option<crate::parameters::Parameters>,
    pub forbids: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Tested {
    pub passed: usize,
    pub failed: usize,
    /// In the order of the cases.
    pub results: Vec<CaseResult>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CaseResult {
    pub id: String,
    pub passed: bool,
    pub expected: Told,
    pub got: Told,
    /// Ids of the policies that decided it.
    pub policies: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Told {
    /// `ALLOW`, `DENY` or `DEFER`.
    pub effect: String,
    pub reason: String,
    /// All that stood against; for an expectation those that must be among them.
    pub reasons: Vec<String>,
    pub until: Option<chrono::DateTime<chrono::Utc>>,
}

/// Run cases. Nothing is stored.
#[utoipa::path(post, path = "/v1/policies/test", tag = "policies", request_body = TestAsked,
    responses((status = 200, body = Tested), (status = 404), (status = 422, description = "policy.invalid, field.*")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(asked): Body<TestAsked>,
) -> Result<Json<Tested>, Problem> {
    let cases = read(asked.cases)?;
    let proposal = Proposal {
        parameters: asked.parameters,
        forbids: asked.forbids,
    };
    let in_force = asked.version.is_none() && proposal.parameters.is_none();
    let own = if in_force && proposal.forbids.is_none() {
        let version = db::policy::active(app.cx.db.read(), app.engine(), caller.tenant).await?;
        own_of(&app, caller.tenant, version).await?
    } else {
        chosen(&app, caller.tenant, asked.version, proposal).await?
    };
    let bench = app.tenants.bench(&own).map_err(refused)?;
    let worked = tokio::task::spawn_blocking(move || run(&bench, &cases));
    worked.await.map_err(anyhow::Error::from)?.map(Json)
}

fn read(cases: Vec<Value>) -> Result<Vec<Case>, Problem> {
    if cases.is_empty() || cases.len() > MAX_CASES {
        let detail = format!("{} cases; 1 to {MAX_CASES} are allowed", cases.len());
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "field.range", &detail);
        return Err(problem.error("/cases", "field.range", detail));
    }
    let mut problem = Problem::invalid("some cases cannot be read");
    let mut read = Vec::with_capacity(cases.len());
    for (index, case) in cases.into_iter().enumerate() {
        match serde_json::from_value(case) {
            Ok(case) => read.push(case),
            Err(error) => {
                let pointer = format!("/cases/{index}");
                problem = problem.error(&pointer, "field.invalid", error.to_string());
            }
        }
    }
    if problem.has_errors() {
        return Err(problem);
    }
    Ok(read)
}

fn run(bench: &Bench, cases: &[Case]) -> Result<Tested, Problem> {
    let mut results = Vec::with_capacity(cases.len());
    for (index, case) in cases.iter().enumerate() {
        let outcome = bench.run(case).map_err(|error| {
            let detail = format!("case {}: {error}", case.id);
            let pointer = format!("/cases/{index}");
            Problem::invalid(detail).error(&pointer, "field.invalid", error)
        })?;
        results.push(result(case, outcome));
    }
    let passed = results.iter().filter(|one| one.passed).count();
    Ok(Tested {
        passed,
        failed: results.len() - passed,
        results,
    })
}

fn result(case: &Case, outcome: Outcome) -> CaseResult {
    CaseResult {
        id: case.id.clone(),
        passed: case.passes(&outcome),
        expected: Told {
            effect: case.expected.0.clone(),
            reason: case.expected.1.clone(),
            reasons: case.also.clone(),
            until: case.until,
        },
        got: Told {
            effect: outcome.effect,
            reason: outcome.reason,
            reasons: outcome.reasons,
            until: outcome.until,
        },
        policies: outcome.policies,
    }
}
