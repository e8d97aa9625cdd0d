//! The listener: every service's routes on one port, with health, metrics and the OpenAPI document.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router, middleware};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use super::auth::Authenticator;
use super::{Problem, nul, request, timeout};
use crate::bus::Bus;
use crate::config::Http;
use crate::lifecycle::Lifecycle;
use crate::telemetry;

#[derive(OpenApi)]
#[openapi(info(
    title = "Hailmast",
    description = "Business text messaging: contacts, consent, campaigns and their outcomes."
))]
struct Document;

/// Everything below the listener's address.
pub fn router(
    services: Vec<OpenApiRouter>,
    bus: &Bus,
    http: &Http,
    lifecycle: &Lifecycle,
) -> Router {
    let mut all = OpenApiRouter::with_openapi(Document::openapi());
    for service in services {
        all = all.merge(service);
    }
    let limits = timeout::Limits::from(http);
    let (api, document) = all.split_for_parts();
    let document = Arc::new(document);
    let authenticator =
        Authenticator::new(bus.clone(), Duration::from_secs(http.key_cache_seconds));
    let (ready_bus, stopping) = (bus.clone(), lifecycle.stopping());
    api.route(
        "/openapi.json",
        get(move || {
            let document = document.clone();
            async move { Json(document) }
        }),
    )
    .route("/health", get(|| async { "ok" }))
    .route(
        "/ready",
        get(move || {
            let (bus, stopping) = (ready_bus.clone(), stopping.is_cancelled());
            async move { ready(&bus, stopping) }
        }),
    )
    .route(
        "/metrics",
        get(|| async {
            telemetry::metrics()
                .map(|handle| handle.render())
                .unwrap_or_default()
        }),
    )
    .fallback(|| async { Problem::not_found("endpoint") })
    .method_not_allowed_fallback(|| async {
        Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method.not_allowed",
            "this path does not take that method",
        )
    })
    .layer(middleware::from_fn(nul::layer))
    .layer(DefaultBodyLimit::max(http.body_limit))
    .layer(Extension(authenticator))
    .layer(middleware::from_fn(move |request, next| {
        timeout::layer(limits, request, next)
    }))
    .layer(CatchPanicLayer::custom(
        |_: Box<dyn std::any::Any + Send>| {
            Problem::internal(&anyhow::anyhow!("a handler panicked")).into_response()
        },
    ))
    .layer(middleware::from_fn(request::layer))
}

fn ready(bus: &Bus, stopping: bool) -> Response {
    let connected = bus.client().connection_state() == async_nats::connection::State::Connected;
    if connected && !stopping {
        return "ready".into_response();
    }
    let why = if stopping {
        "the process is stopping"
    } else {
        "NATS is not connected"
    };
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", why).into_response()
}

/// Listens until the process stops; requests under way are finished. Returns the address.
pub async fn listen(
    address: &str,
    router: Router,
    lifecycle: &Lifecycle,
) -> anyhow::Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .with_context(|| {
            format!("cannot listen on {address}: set http.listen to a free address")
        })?;
    let bound = listener.local_addr()?;
    let stopping = lifecycle.stopping();
    lifecycle.spawn_work("http", async move {
        axum::serve(listener, router)
            .with_graceful_shutdown(stopping.cancelled_owned())
            .await?;
        Ok(())
    });
    Ok(bound)
}
