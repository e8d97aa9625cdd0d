//! The HTTP API. One file per endpoint.

mod cancel;
mod create;
mod gated;
mod get;
mod journeys;
mod launch;
mod list;
mod occurrences;
mod pause;
mod progress;
mod remove;
mod resume;
mod schedule;
mod sender_pool;
mod test_send;
mod transition;
mod types;
mod update;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(create::handle, list::handle))
        .routes(routes!(get::handle, update::handle, remove::handle))
        .routes(routes!(launch::handle))
        .routes(routes!(pause::handle))
        .routes(routes!(resume::handle))
        .routes(routes!(cancel::handle))
        .routes(routes!(progress::handle))
        .routes(routes!(test_send::handle))
        .routes(routes!(occurrences::handle))
        .merge(journeys::router())
}
