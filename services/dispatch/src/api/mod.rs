//! HTTP, one file per endpoint.

mod lanes;
mod message_dispatch;
mod messages;
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
        .routes(routes!(messages::create::handle, messages::list::handle))
        .routes(routes!(messages::batch::handle))
        .routes(routes!(messages::cancel::handle))
        .with_state(app)
}
