//! Requests end in time: soon for JSON, later for uploads.

use std::time::Duration;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Problem;
use crate::config::Http;

#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    json: Duration,
    upload: Duration,
}

impl From<&Http> for Limits {
    fn from(http: &Http) -> Self {
        Self {
            json: Duration::from_secs(http.timeout_seconds),
            upload: Duration::from_secs(http.upload_timeout_seconds),
        }
    }
}

pub(super) async fn layer(limits: Limits, request: Request, next: Next) -> Response {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let upload = kind
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| !kind.starts_with("application/json"));
    let limit = if upload { limits.upload } else { limits.json };
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            StatusCode::GATEWAY_TIMEOUT,
            "request.timeout",
            "the request took too long; what it began may still be finished",
        )
        .into_response(),
    }
}
