//! The HTTP API. One file per endpoint.

mod create_key;
mod get_tenant;
mod key_view;
mod list_keys;
mod revoke_key;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub fn router(app: Arc<App>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(create_key::handle, list_keys::handle))
        .routes(routes!(revoke_key::handle))
        .routes(routes!(get_tenant::handle))
        .with_state(app)
}
