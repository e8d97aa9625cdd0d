//! JSON bodies whose faults are told with place and remedy.

use axum::extract::{FromRequest, OptionalFromRequest, Request};
use axum::http::StatusCode;
use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::{Problem, nul};

/// Extractor: the body as `T`. Types refuse unknown fields (`#[serde(deny_unknown_fields)]`), because a typo
/// in compliance data must not pass silently. No text holds a NUL.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        parse(&read(request, state).await?).map(Self)
    }
}

/// Extractor: a body that may be left out. Nothing at all is `None`.
impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        let bytes = read(request, state).await?;
        if bytes.is_empty() {
            return Ok(None);
        }
        parse(&bytes).map(|body| Some(Self(body)))
    }
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body.too_large",
                "the body is over the limit of this endpoint",
            ),
            _ => Problem::new(
                StatusCode::BAD_REQUEST,
                "body.malformed",
                "the body could not be read to its end",
            ),
        })
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = pointer(error.path());
        explain(&pointer, error.inner())
    })?;
    reader.end().map_err(|error| explain("", &error))?;
    nul::check(bytes)?;
    Ok(value)
}

fn explain(pointer: &str, error: &serde_json::Error) -> Problem {
    let detail = error.to_string();
    if !error.is_data() {
        return Problem::new(
            StatusCode::BAD_REQUEST,
            "body.malformed",
            format!("the body is not JSON: {detail}"),
        );
    }
    let (status, code) = if detail.starts_with("unknown field") {
        (StatusCode::BAD_REQUEST, "field.unknown")
    } else if detail.starts_with("missing field") {
        (StatusCode::UNPROCESSABLE_ENTITY, "field.required")
    } else if detail.contains("expected an id starting with") {
        (StatusCode::BAD_REQUEST, "id.wrong_type")
    } else {
        (StatusCode::UNPROCESSABLE_ENTITY, "field.invalid")
    };
    Problem::new(status, code, detail.clone()).error(pointer, code, detail)
}

/// A serde path as a JSON Pointer.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } | Segment::Enum { variant: key } => {
                pointer.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1")));
            }
            Segment::Unknown => {}
        }
    }
    pointer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Thing {
        #[expect(dead_code, reason = "only its reading is tested")]
        campaign: contract::CampaignId,
    }

    #[test]
    fn every_kind_of_bad_body_has_its_code() {
        for (body, status, code) in [
            ("{", 400, "body.malformed"),
            ("", 400, "body.malformed"),
            (r#"{"campain":"x"}"#, 400, "field.unknown"),
            ("{}", 422, "field.required"),
            (r#"{"campaign":5}"#, 422, "field.invalid"),
            (
                r#"{"campaign":"msg_01ARZ3NDEKTSV4RRFFQ69G5FAV"}"#,
                400,
                "id.wrong_type",
            ),
        ] {
            let problem = parse::<Thing>(body.as_bytes()).unwrap_err();
            assert_eq!(
                (problem.status().as_u16(), problem.code()),
                (status, code),
                "{body}"
            );
        }
    }
}
