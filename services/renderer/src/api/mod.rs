//! One file per endpoint.

mod create;
mod fragments;
mod link_domains;
mod list;
mod preview;
mod publish;
mod show;
mod types;
mod update;
mod versions;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(create::handle, list::handle))
        .routes(routes!(preview::handle))
        .routes(routes!(show::handle, update::handle))
        .routes(routes!(publish::handle))
        .routes(routes!(versions::handle))
        .routes(routes!(fragments::list))
        .routes(routes!(link_domains::list, link_domains::add))
        .routes(routes!(link_domains::remove))
        .routes(routes!(fragments::show, fragments::save))
}
