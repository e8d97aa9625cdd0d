//! `GET /v1/providers`

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use channels::FindBy;
use chassis::http::{Auth, Listing, Problem};
use contract::Mode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::route;

/// A carrier that texts can be handed to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Provider {
    name: String,
    /// `live`, or `test` for the simulated carrier.
    #[schema(value_type = String)]
    mode: Mode,
    /// `bound` when texts can be handed over.
    state: String,
    /// How a text whose outcome is unknown can be told from one that was not taken: `none`, `key` or
    /// `client_reference`.
    idempotency: &'static str,
    /// Receipts name our own id besides the carrier's.
    receipts_carry_reference: bool,
    /// By what a text is found whose outcome is unknown: `reference` or `recipient`; absent: it cannot be looked up.
    #[serde(skip_serializing_if = "Option::is_none")]
    looks_up_by: Option<&'static str>,
    /// Seconds after the hand-over from which on a text that is not found was surely not taken; 0: that proves nothing.
    not_taken_after_seconds: u64,
    /// A validity period is passed on.
    validity: bool,
    /// Permit requests open towards it.
    slots_in_flight: usize,
    /// How many may be, as it has lately shown.
    slots_allowed: usize,
    /// `closed`, `open` (routing goes around it) or `half_open` (a few hand-overs probe).
    breaker: &'static str,
    /// Times the breaker has opened since the start.
    breaker_opened: u64,
    /// Milliseconds that hand-overs took, in the last five to ten minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    p50_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p99_ms: Option<f64>,
    /// Texts taken in that time, and those that were not, by fault.
    taken: u64,
    faults: BTreeMap<&'static str, u64>,
}

/// The carriers of this process that the key's mode can reach.
#[utoipa::path(get, path = "/v1/providers", tag = "dispatch", responses((status = 200, body = Listing<Provider>)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
) -> Result<Json<Listing<Provider>>, Problem> {
    let of_mode = app
        .links
        .iter()
        .filter(|link| route::mode_of(&link.name) == caller.mode);
    let data = of_mode
        .map(|link| {
            let (slots_in_flight, slots_allowed) = link.gate().usage();
            let (breaker_opened, figures) = link.health.figures();
            let ms = |took: Duration| took.as_secs_f64() * 1000.0;
            let capabilities = link.provider.capabilities();
            Provider {
                name: link.name.to_string(),
                mode: caller.mode,
                state: link.state(),
                idempotency: capabilities.idempotency.as_str(),
                receipts_carry_reference: capabilities.receipts_carry_reference,
                looks_up_by: capabilities.look_up.find_by.map(FindBy::as_str),
                not_taken_after_seconds: capabilities.look_up.complete_after_seconds,
                validity: capabilities.validity,
                slots_in_flight,
                slots_allowed,
                breaker: link.health.standing().as_str(),
                breaker_opened,
                p50_ms: figures.p50.map(ms),
                p99_ms: figures.p99.map(ms),
                taken: figures.taken,
                faults: figures
                    .faults
                    .iter()
                    .map(|(fault, count)| (fault.as_str(), *count))
                    .collect(),
            }
        })
        .collect();
    Ok(Json(Listing {
        data,
        next_cursor: None,
        has_more: false,
    }))
}
