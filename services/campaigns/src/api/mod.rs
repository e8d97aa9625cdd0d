//! The HTTP API. One file per endpoint.

mod appointments;
mod cancel;
mod create;
mod gated;
mod get;
mod journeys;
mod launch;
mod leaving;
mod list;
mod occurrences;
mod pause;
mod progress;
mod reminder_plans;
mod remove;
mod resume;
mod schedule;
mod sender_pool;
mod test_send;
mod transition;
mod types;
mod update;
mod variants;

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
        .routes(routes!(occurrences::handle))
        .routes(routes!(test_send::handle))
        .routes(routes!(variants::handle))
        .merge(journeys::router())
        .merge(plans())
        .merge(booked())
}

fn plans() -> OpenApiRouter<Arc<App>> {
    use reminder_plans::{create, get, list, remove, update};
    OpenApiRouter::new()
        .routes(routes!(create::handle, list::handle))
        .routes(routes!(get::handle, update::handle, remove::handle))
}

fn booked() -> OpenApiRouter<Arc<App>> {
    use appointments::{cancel, confirm, figures, get, import, list, outcome, plan, put};
    OpenApiRouter::new()
        .routes(routes!(list::handle))
        .routes(routes!(import::handle))
        .routes(routes!(put::handle, get::handle, cancel::remove))
        .routes(routes!(cancel::handle))
        .routes(routes!(confirm::handle))
        .routes(routes!(outcome::handle))
        .routes(routes!(plan::handle))
        .routes(routes!(figures::handle))
}
