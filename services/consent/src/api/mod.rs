//! HTTP endpoints, one file each.

mod csv_body;
mod decision;
mod dnc_lists;
mod evidence;
mod explain;
mod history;
mod import;
mod incidents;
mod intake;
mod ledger_verify;
mod message_decision;
mod papers;
mod person_facts;
mod policies;
mod privacy;
mod record;
mod record_batch;
mod reviews;
mod revoke;
mod standing;
mod suppressions;
mod whom;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use self::intake::once;
use crate::app::App;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(record::handle, history::handle))
        .routes(routes!(record_batch::handle))
        .routes(routes!(standing::handle))
        .routes(routes!(decision::handle))
        .routes(routes!(ledger_verify::handle))
        .merge(evidence::router())
        .merge(privacy::router())
        .routes(routes!(message_decision::handle))
        .routes(routes!(explain::handle))
        .routes(routes!(incidents::list::handle))
        .routes(routes!(incidents::one::handle))
        .merge(policies::router())
        .routes(routes!(revoke::handle))
        .routes(routes!(
            suppressions::add::handle,
            suppressions::list::handle
        ))
        .routes(routes!(suppressions::one::show, suppressions::one::remove))
        .routes(routes!(reviews::list::handle))
        .routes(routes!(reviews::decide::handle))
        .routes(routes!(papers::campaign::show, papers::campaign::put))
        .routes(routes!(papers::sender::show, papers::sender::put))
        .routes(routes!(papers::template::show, papers::template::put))
        .routes(routes!(dnc_lists::list))
        .routes(routes!(person_facts::put::one, person_facts::show::handle))
        .routes(routes!(person_facts::put::batch))
        .merge(uploads())
}

/// Those that take a CSV body.
fn uploads() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(import::handle))
        .routes(routes!(suppressions::import::handle))
        .routes(routes!(dnc_lists::put))
        .routes(routes!(person_facts::import::handle))
        .layer(DefaultBodyLimit::max(csv_body::CSV_LIMIT))
}
