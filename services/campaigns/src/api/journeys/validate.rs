//! `POST /v1/journeys/validate`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Body, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::types::Written;
use crate::app::App;
use crate::journey::fault::Fault;

#[derive(Debug, Serialize, ToSchema)]
pub struct Verdict {
    pub valid: bool,
    /// SHA-256 of the canonical form, where it is valid.
    pub hash: Option<String>,
    pub faults: Vec<Fault>,
}

/// Tells everything that is wrong with a journey. Nothing is saved.
#[utoipa::path(post, path = "/v1/journeys/validate", tag = "journeys", request_body = Written, responses((status = 200, body = Verdict)))]
pub async fn handle(
    Auth(_caller): Auth,
    State(app): State<Arc<App>>,
    Body(written): Body<Written>,
) -> Result<Json<Verdict>, Problem> {
    Ok(Json(match written.read(app.cx.clock.now())? {
        Ok(definition) => Verdict {
            valid: true,
            hash: Some(crate::journey::hash(&definition)),
            faults: Vec::new(),
        },
        Err(faults) => Verdict {
            valid: false,
            hash: None,
            faults,
        },
    }))
}
