//! One file per endpoint.

mod clicks;
mod follow;
mod list;
mod show;
mod types;
pub mod webhook;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list::handle))
        .routes(routes!(show::handle))
        .routes(routes!(webhook::post, webhook::get))
        .routes(routes!(follow::handle))
        .routes(routes!(clicks::list))
        .routes(routes!(clicks::report))
}
