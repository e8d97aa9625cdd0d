//! One file per endpoint.

mod funnel;
mod hourly;
mod message;
mod opt_outs;
mod timeline;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(funnel::handle))
        .routes(routes!(hourly::handle))
        .routes(routes!(message::handle))
        .routes(routes!(opt_outs::handle))
        .routes(routes!(timeline::handle))
}
