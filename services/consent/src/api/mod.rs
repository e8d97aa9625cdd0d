//! HTTP endpoints, one file each.

mod decision;
mod evidence;
mod explain;
mod history;
mod intake;
mod ledger_verify;
mod message_decision;
mod policies;
mod privacy;
mod record;
mod record_batch;
mod standing;
mod whom;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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
        .merge(policies::router())
}
