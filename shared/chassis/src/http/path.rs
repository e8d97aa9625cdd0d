//! Ids in paths.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::Problem;

/// Extractor: the path parameter `{id}` as an id of the right kind.
#[derive(Debug, Clone, Copy)]
pub struct PathId<T>(pub T);

impl<S, T> FromRequestParts<S> for PathId<T>
where
    S: Send + Sync,
    T: FromStr<Err: Display>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(params) = Path::<HashMap<String, String>>::from_request_parts(parts, state)
            .await
            .map_err(|error| {
                Problem::new(StatusCode::BAD_REQUEST, "path.malformed", error.body_text())
            })?;
        let text = params.get("id").map(String::as_str).unwrap_or_default();
        match text.parse() {
            Ok(id) => Ok(Self(id)),
            Err(error) => Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "id.wrong_type",
                error.to_string(),
            )),
        }
    }
}
