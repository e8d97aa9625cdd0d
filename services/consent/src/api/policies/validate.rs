//! `POST /v1/policies/validate`: what is wrong with a proposal, without storing it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Body, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::proposal::{Proposal, refused};
use crate::app::App;
use crate::rules::Fault;

#[derive(Debug, Serialize, ToSchema)]
pub struct Validated {
    pub valid: bool,
    pub faults: Vec<Fault>,
    /// The name that the policy set would have; absent where it has faults.
    pub hash: Option<String>,
}

/// Compiles and proves a proposal.
#[utoipa::path(post, path = "/v1/policies/validate", tag = "policies", request_body = Proposal,
    responses((status = 200, body = Validated, description = "`valid` false where there are faults"),
    (status = 422, description = "field.*")))]
pub async fn handle(
    Auth(_caller): Auth,
    State(app): State<Arc<App>>,
    Body(proposal): Body<Proposal>,
) -> Result<Json<Validated>, Problem> {
    let validated = match app.tenants.compile(proposal.own()?) {
        Ok(rules) => Validated {
            valid: true,
            faults: Vec::new(),
            hash: Some(hex::encode(rules.hash())),
        },
        Err(error) if error.faults().is_empty() => return Err(refused(error)),
        Err(error) => Validated {
            valid: false,
            faults: error.faults().to_vec(),
            hash: None,
        },
    };
    Ok(Json(validated))
}
