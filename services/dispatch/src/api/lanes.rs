//! `GET /v1/lanes`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;

/// One sender's queue, since this process started.
#[derive(Debug, Serialize, ToSchema)]
pub struct Lane {
    sender: String,
    /// 0: no limit.
    segments_per_second: u32,
    /// Pieces that wait for the pace.
    waiting: usize,
    /// Texts between permit and the carrier's answer.
    in_flight: usize,
}

/// The caller's lanes.
#[utoipa::path(get, path = "/v1/lanes", tag = "dispatch", responses((status = 200, body = Listing<Lane>)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
) -> Result<Json<Listing<Lane>>, Problem> {
    let data = app
        .lanes
        .of(caller.tenant, caller.mode)
        .into_iter()
        .map(|lane| {
            let (waiting, in_flight) = lane.usage();
            Lane {
                sender: lane.key.sender.clone(),
                segments_per_second: lane.per_second(),
                waiting,
                in_flight,
            }
        })
        .collect();
    Ok(Json(Listing {
        data,
        next_cursor: None,
        has_more: false,
    }))
}
