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
            Provider {
                name: link.name.to_string(),
                mode: caller.mode,
                state: link.state(),
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
