//! `GET /v1/person-facts?phone=`: what is known of a person, and where that places them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Params, Problem};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::intake::phone_parameter;
use crate::app::App;
use crate::db;
use crate::db::standing::Hold;
use crate::person::Reassignment;
use crate::places::Source;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// E.164.
    pub phone: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FactsShown {
    pub phone: String,
    pub zip: Option<String>,
    pub region: Option<String>,
    pub zone: Option<String>,
    pub born: Option<NaiveDate>,
    pub purchased_on: Option<NaiveDate>,
    pub inquired_on: Option<NaiveDate>,
    pub reassignment: Option<ReassignmentShown>,
    pub place: PlaceShown,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReassignmentShown {
    /// `yes`, `no` or `no_data`.
    #[schema(value_type = String)]
    pub answer: Reassignment,
    pub on: NaiveDate,
}

/// Everywhere the person may be.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaceShown {
    pub regions: Vec<String>,
    pub zones: Vec<String>,
    /// How the zones are known: `area_code`, `country_code`, `contact_zone`, `zip`, `zip_and_number`, `nowhere`.
    #[schema(value_type = String)]
    pub source: Source,
}

/// What is known of a person besides consent.
#[utoipa::path(get, path = "/v1/person-facts", tag = "consent", params(Filter),
    responses((status = 200, body = FactsShown)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(filter): Params<Filter>,
) -> Result<Json<FactsShown>, Problem> {
    let phone = phone_parameter(&filter.phone)?;
    let (reader, engine) = (app.cx.db.read(), app.engine());
    let one = std::iter::once(phone);
    let known = db::standing::load(reader, engine, caller.tenant, one, Hold::None).await?;
    let facts = known
        .get(&phone)
        .map(|one| one.facts.clone())
        .unwrap_or_default();
    let place = app
        .places
        .get(app.places.of(phone, facts.whereabouts(None)));
    Ok(Json(FactsShown {
        phone: phone.to_string(),
        zip: facts.zip.map(|zip| format!("{zip:05}")),
        region: facts.region,
        zone: facts.zone,
        born: facts.born,
        purchased_on: facts.purchased_on,
        inquired_on: facts.inquired_on,
        reassignment: facts
            .reassignment
            .map(|(answer, on)| ReassignmentShown { answer, on }),
        place: PlaceShown {
            regions: place.regions.iter().map(ToString::to_string).collect(),
            zones: place
                .zones
                .iter()
                .map(|zone| zone.name().to_string())
                .collect(),
            source: place.source,
        },
    }))
}
