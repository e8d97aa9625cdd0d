//! `GET /v1/lanes`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::traffic::{Level, Name};

/// One sender's queue, since this process started.
#[derive(Debug, Serialize, ToSchema)]
pub struct Lane {
    sender: String,
    /// 0: no limit.
    segments_per_second: f64,
    /// Segments that may leave at once.
    burst: u32,
    /// Segments in hand that wait for their turn.
    waiting: usize,
    /// Texts between permit and the carrier's answer.
    in_flight: usize,
    /// Segments a day, and how many left today, where there is a cap.
    per_day: Option<u64>,
    used_today: u64,
    /// `pause`, `drain`, `purge` or `move`, if an operator has set one on this lane.
    control: Option<&'static str>,
    control_reason: Option<String>,
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
            let sender = lane.key.sender.clone();
            let name = Name::new(Level::Lane, caller.tenant, caller.mode, &sender);
            let rules = app.traffic.lane(&name);
            Lane {
                sender,
                segments_per_second: rules.rate.per_second,
                burst: rules.rate.burst(),
                waiting,
                in_flight,
                per_day: rules.per_day,
                used_today: rules.used_today,
                control: rules
                    .control
                    .as_ref()
                    .map(|control| control.action.as_str()),
                control_reason: rules.control.map(|control| control.reason),
            }
        })
        .collect();
    Ok(Json(Listing {
        data,
        next_cursor: None,
        has_more: false,
    }))
}
