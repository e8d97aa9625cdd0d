//! Segments: contacts of whom a condition holds.

mod body;
mod contacts;
mod create;
mod get;
mod list;
mod patch;
mod preview;
mod remove;
mod view;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(create::handle, list::handle))
        .routes(routes!(preview::handle))
        .routes(routes!(get::handle, patch::handle, remove::handle))
        .routes(routes!(contacts::handle))
}
