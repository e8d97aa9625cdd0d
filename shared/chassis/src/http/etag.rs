//! Tags of definitions (RFC 9110, sections 8.8.3 and 13.1.1): whoever changes one may say which one they have seen, and
//! overwrites nobody else's change then.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Problem;

/// An answer with the tag of what it shows. The tag is letters, digits, `.` and `-`; a quote in it is left out.
pub struct Tagged<T>(pub String, pub T);

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let Self(tag, shown) = self;
        let mut response = Json(shown).into_response();
        let quoted = format!("\"{}\"", tag.replace('"', ""));
        if let Ok(value) = HeaderValue::try_from(quoted) {
            response.headers_mut().insert(ETAG, value);
        }
        response
    }
}

/// Extractor: what the header `If-Match` names. Without the header everything is as wished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    /// 412 `etag.stale` where another tag than `current` was named. Weak tags (`W/"…"`) match nothing, as the RFC asks.
    pub fn check(&self, current: &str) -> Result<(), Problem> {
        let as_wished = self.0.as_ref().is_none_or(|named| {
            let quoted = format!("\"{current}\"");
            named.iter().any(|tag| *tag == "*" || *tag == quoted)
        });
        if as_wished {
            return Ok(());
        }
        let detail = "somebody changed it since you read it (If-Match names another ETag); read it again and repeat your \
                      change on what is there now";
        let status = StatusCode::PRECONDITION_FAILED;
        Err(Problem::new(status, "etag.stale", detail))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let mut named = Vec::new();
        for value in parts.headers.get_all(IF_MATCH) {
            // Tags of ours hold no comma, so the list is cut at them.
            let text = value.to_str().unwrap_or_default();
            named.extend(text.split(',').map(|tag| tag.trim().to_string()));
        }
        let is_there = parts.headers.contains_key(IF_MATCH);
        if named.iter().any(|tag| !is_tag(tag)) {
            let detail = "If-Match is `*`, or tags as ETag gives them, in quotes: If-Match: \"3\"";
            let status = StatusCode::BAD_REQUEST;
            return Err(Problem::new(status, "etag.invalid", detail));
        }
        Ok(Self(is_there.then_some(named)))
    }
}

fn is_tag(text: &str) -> bool {
    let opaque = text.strip_prefix("W/").unwrap_or(text);
    text == "*" || opaque.len() >= 2 && opaque.starts_with('"') && opaque.ends_with('"')
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    async fn read(headers: &[&'static str]) -> Result<IfMatch, Problem> {
        let mut request = Request::new(());
        for text in headers {
            let value = HeaderValue::from_static(text);
            request.headers_mut().append(IF_MATCH, value);
        }
        let (mut parts, ()) = request.into_parts();
        IfMatch::from_request_parts(&mut parts, &()).await
    }

    #[tokio::test]
    async fn the_tag_that_was_seen_must_be_the_one_that_stands() {
        for headers in [
            &[][..],
            &["*"],
            &["\"7\""],
            &["\"6\", \"7\""],
            &["\"6\"", "\"7\""],
        ] {
            let wished = read(headers).await.unwrap();
            assert!(wished.check("7").is_ok(), "{headers:?}");
        }
        for headers in [&["\"6\""][..], &["W/\"7\""], &["\"77\""], &["\"\""]] {
            let stale = read(headers).await.unwrap().check("7").unwrap_err();
            assert_eq!(
                stale.status(),
                StatusCode::PRECONDITION_FAILED,
                "{headers:?}"
            );
        }
        for headers in [&["7"][..], &[""], &["\"7"], &["\"6\","]] {
            let invalid = read(headers).await.unwrap_err();
            assert_eq!(invalid.status(), StatusCode::BAD_REQUEST, "{headers:?}");
        }
    }
}
