//! Query parameters whose faults are told as problems.

use axum::extract::{FromRequestParts, Query};
use axum::http::StatusCode;
use axum::http::request::Parts;
use chassis::http::Problem;
use serde::de::DeserializeOwned;

/// Extractor: the query string as `T`.
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
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

/// Where a list goes on: the cursor of the page before, or `start`.
pub fn cursor<T: std::str::FromStr<Err: std::fmt::Display>>(
    cursor: Option<&str>,
    start: T,
) -> Result<T, Problem> {
    match cursor {
        None => Ok(start),
        Some(text) => text.parse().map_err(|error: T::Err| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "cursor.invalid",
                format!("this is not a cursor of this list: {error}"),
            )
        }),
    }
}
