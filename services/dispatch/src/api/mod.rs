//! HTTP, one file per endpoint.

mod controls;
mod lanes;
mod limits;
mod message_dispatch;
mod messages;
mod named;
mod operators;
mod providers;
mod reach;
mod routes;
mod sender_pools;
mod unknown;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub fn router(app: Arc<App>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(providers::handle))
        .routes(routes!(lanes::handle))
        .routes(routes!(message_dispatch::handle))
        .routes(routes!(routes::create::handle, routes::list::handle))
        .routes(routes!(routes::explain::handle))
        .routes(routes!(
            routes::one::show,
            routes::one::put,
            routes::one::remove
        ))
        .routes(routes!(
            sender_pools::create::handle,
            sender_pools::list::handle
        ))
        .routes(routes!(
            sender_pools::one::show,
            sender_pools::one::put,
            sender_pools::one::remove
        ))
        .routes(routes!(operators::list_prefixes, operators::put_prefixes))
        .routes(routes!(operators::list_lookups, operators::post_lookups))
        .routes(routes!(controls::list))
        .routes(routes!(controls::put, controls::remove))
        .routes(routes!(limits::list))
        .routes(routes!(limits::put, limits::remove))
        .merge(crate::money::api::router())
        .routes(routes!(messages::create::handle, messages::list::handle))
        .routes(routes!(messages::batch::handle))
        .routes(routes!(messages::cancel::handle))
        .routes(routes!(messages::redrive::handle))
        .routes(routes!(unknown::handle))
        .with_state(app)
}
