//! Journeys, their runs, and the events that move them. One file per endpoint.

mod create;
mod drain;
mod get;
mod get_run;
mod list;
mod list_runs;
mod migrate;
mod pause;
mod publish;
mod resume;
mod schema;
mod simulate;
mod stop_run;
mod take_events;
mod transition;
mod types;
mod update;
mod validate;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(create::handle, list::handle))
        .routes(routes!(schema::handle))
        .routes(routes!(validate::handle))
        .routes(routes!(simulate::handle))
        .routes(routes!(get::handle, update::handle))
        .routes(routes!(publish::handle))
        .routes(routes!(pause::handle))
        .routes(routes!(resume::handle))
        .routes(routes!(drain::handle))
        .routes(routes!(migrate::handle))
        .routes(routes!(list_runs::handle))
        .routes(routes!(get_run::handle))
        .routes(routes!(stop_run::handle))
        .routes(routes!(take_events::handle))
}
