//! Query parameters whose faults are told as problems.

use axum::extract::{FromRequestParts, Query};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::{Problem, nul};

/// Extractor: the query string as `T`. Types refuse unknown parameters, as they do for bodies.
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        if parts.uri.query().is_some_and(nul::escaped) {
            return Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "query.invalid",
                nul::SAID,
            ));
        }
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(params)) => Ok(Self(params)),
            Err(error) => {
                let detail = error.body_text();
                let code = if detail.contains("unknown field") {
                    "field.unknown"
                } else {
                    "query.invalid"
                };
                Err(Problem::new(StatusCode::BAD_REQUEST, code, detail))
            }
        }
    }
}
