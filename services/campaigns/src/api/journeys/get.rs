//! `GET /v1/journeys/{id}`

use std::sync::Arc;

use axum::extract::State;
use chassis::http::{Auth, PathId, Problem, Tagged};
use contract::JourneyId;

use super::transition::{find, tag};
use super::types::Journey;
use crate::app::App;
use crate::db;

/// One journey, with its live runs by version, and the variants that have won. `ETag` is its draft's, for `If-Match` of a
/// change or a publishing.
#[utoipa::path(get, path = "/v1/journeys/{id}", tag = "journeys", params(("id" = String, Path)),
    responses((status = 200, body = Journey), (status = 404, description = "not_found")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<JourneyId>,
) -> Result<Tagged<Journey>, Problem> {
    let (read, engine) = (app.cx.db.read(), app.cx.db.engine());
    let found = find(&app, caller, id).await?;
    let (of, tag) = ((id, found.version), tag(&found));
    let mut journey = Journey::from(found);
    journey.live_runs = Some(db::journey_run::live(read, id).await?);
    journey.winners = db::journey_winner::of(read, engine, &[of])
        .await?
        .remove(&of);
    Ok(Tagged(tag, journey))
}
