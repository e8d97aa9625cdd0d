//! HTTP, one file per endpoint.

mod controls;
mod lanes;
mod limits;
mod message_dispatch;
mod providers;
mod reach;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub fn router(app: Arc<App>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(providers::handle))
        .routes(routes!(lanes::handle))
        .routes(routes!(message_dispatch::handle))
        .routes(routes!(controls::list))
        .routes(routes!(controls::put, controls::remove))
        .routes(routes!(limits::list))
        .routes(routes!(limits::put, limits::remove))
        .with_state(app)
}
