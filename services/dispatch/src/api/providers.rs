//! `GET /v1/providers`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
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
    /// A validity period is passed on.
    validity: bool,
    /// Permit requests open towards it.
    slots_in_flight: usize,
    /// How many may be, as it has lately shown.
    slots_allowed: usize,
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
            let capabilities = link.provider.capabilities();
            Provider {
                name: link.name.to_string(),
                mode: caller.mode,
                state: link.state(),
                idempotency: capabilities.idempotency.as_str(),
                receipts_carry_reference: capabilities.receipts_carry_reference,
                validity: capabilities.validity,
                slots_in_flight,
                slots_allowed,
            }
        })
        .collect();
    Ok(Json(Listing {
        data,
        next_cursor: None,
        has_more: false,
    }))
}
