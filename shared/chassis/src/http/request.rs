//! Per request: its id, its trace, its metrics.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use crate::trace;

tokio::task_local! {
    static REQUEST_ID: String;
}

/// Id of the request under way.
pub(super) fn current_id() -> Option<String> {
    REQUEST_ID.try_with(Clone::clone).ok()
}

/// Takes (or makes) the request id and the trace, and times the request. Never logs a query string or a body.
pub(super) async fn layer(request: Request, next: Next) -> Response {
    let given = request
        .headers()
        .get("request-id")
        .and_then(|value| value.to_str().ok());
    let id = match given {
        Some(id)
            if !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_graphic()) =>
        {
            id.to_string()
        }
        _ => format!("req_{:026x}", rand::random::<u64>()),
    };
    let parent = request
        .headers()
        .get("traceparent")
        .and_then(|value| value.to_str().ok())
        .map(str::to_string);
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", MatchedPath::as_str)
        .to_string();
    let method = request.method().to_string();
    let started = Instant::now();
    let work = async {
        let span = tracing::info_span!("http", %method, route, request_id = id.as_str());
        let response = next.run(request).instrument(span.clone()).await;
        let (status, took) = (response.status().as_u16(), started.elapsed());
        span.in_scope(|| tracing::debug!(status, ms = took.as_millis(), "answered"));
        metrics::histogram!("http_request_seconds", "route" => route.clone(), "status" => status.to_string())
            .record(took.as_secs_f64());
        response
    };
    let mut response = REQUEST_ID
        .scope(id.clone(), trace::scope(parent.as_deref(), work))
        .await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("request-id", value);
    }
    response
}
