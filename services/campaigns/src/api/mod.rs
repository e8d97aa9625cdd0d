//! The HTTP API. One file per endpoint.

mod appointments;
mod approval;
mod approve;
mod audience_parts;
mod cancel;
mod copy;
mod create;
mod envelope;
mod gated;
mod get;
mod history;
mod journeys;
mod launch;
mod leaving;
mod list;
mod occurrences;
mod pause;
mod preflights;
mod progress;
mod recipients;
mod reject;
mod reminder_plans;
mod remove;
mod resume;
mod retry;
mod runs;
mod schedule;
mod sender_pool;
mod settings;
mod submit;
mod test_send;
mod throttle;
mod transition;
mod types;
mod unthrottle;
mod update;
mod variants;
mod widen;

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
        .merge(before_launch())
        .merge(pacing())
        .merge(journeys::router())
        .merge(plans())
        .merge(booked())
}

fn before_launch() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(
            preflights::begin::handle,
            preflights::latest::handle
        ))
        .routes(routes!(preflights::one::handle))
        .routes(routes!(submit::handle))
        .routes(routes!(approve::handle))
        .routes(routes!(reject::handle))
        .routes(routes!(approval::handle))
        .routes(routes!(history::handle))
        .routes(routes!(copy::handle))
        .routes(routes!(settings::get, settings::put))
}

fn pacing() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(throttle::handle, unthrottle::handle))
        .routes(routes!(envelope::handle))
        .routes(routes!(widen::handle))
        .routes(routes!(retry::handle))
        .routes(routes!(runs::handle))
        .routes(routes!(recipients::handle))
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
