//! Signed evidence for courts and customers: see [`crate::archive`].

mod export;
pub mod gather;
pub mod key;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(export::handle))
        .routes(routes!(key::handle))
}
