//! HTTP, one file per endpoint.

mod lanes;
mod message_dispatch;
mod providers;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub fn router(app: Arc<App>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(providers::handle))
        .routes(routes!(lanes::handle))
        .routes(routes!(message_dispatch::handle))
        .merge(crate::money::api::router())
        .with_state(app)
}
