//! The life of a tenant's policies: see what is in force, propose, prove, try out, put in force, take back.

mod activate;
mod list;
mod proposal;
mod set;
mod simulate;
mod test;
mod validate;
mod versions;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list::handle))
        .routes(routes!(validate::handle))
        .routes(routes!(versions::create, versions::list))
        .routes(routes!(versions::show))
        .routes(routes!(activate::activate))
        .routes(routes!(activate::roll_back))
        .routes(routes!(test::handle))
        .routes(routes!(simulate::handle))
        .routes(routes!(set::handle))
}
