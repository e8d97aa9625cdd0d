//! `GET /v1/standing?phone=`: where a person stands now.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Params, Problem};
use chrono::{DateTime, Utc};
use contract::UnixMillis;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::intake::phone_parameter;
use crate::app::App;
use crate::db::standing::{Hold, load};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// E.164.
    pub phone: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PersonStanding {
    pub phone: String,
    /// Programmes opted in to; empty after an opt-out.
    pub programmes: Vec<String>,
    pub opted_out: bool,
    pub opted_out_at: Option<DateTime<Utc>>,
    /// Entries recorded so far; 0 when nothing is known.
    pub revision: i64,
}

/// A person's present consent.
#[utoipa::path(get, path = "/v1/standing", tag = "consent", params(Filter),
    responses((status = 200, body = PersonStanding)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(filter): Params<Filter>,
) -> Result<Json<PersonStanding>, Problem> {
    let phone = phone_parameter(&filter.phone)?;
    let asked = std::iter::once(phone);
    let mut known = load(
        app.cx.db.read(),
        app.engine(),
        caller.tenant,
        asked,
        Hold::None,
    )
    .await?;
    let standing = known.remove(&phone).unwrap_or_default();
    Ok(Json(PersonStanding {
        phone: phone.to_string(),
        programmes: standing
            .opted_in_programmes()
            .into_iter()
            .map(str::to_string)
            .collect(),
        opted_out: standing.opted_out_at.is_some(),
        opted_out_at: standing.opted_out_at.map(|at| UnixMillis(at).to_utc()),
        revision: standing.revision,
    }))
}
