//! `GET`, `PUT` and `DELETE /v1/destination-countries`

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::db::setting;
use super::{account, keep};
use crate::app::App;
use crate::route::country::Country;

/// Countries that may be texted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Countries {
    /// Two letters each (ISO 3166); empty: all.
    countries: Vec<String>,
    /// Set by the account, not by the installation's settings.
    own: bool,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCountries {
    /// Two letters each (ISO 3166); empty: all.
    countries: Vec<String>,
}

/// Countries that the account may text.
#[utoipa::path(get, path = "/v1/destination-countries", tag = "money", responses((status = 200, body = Countries)))]
pub async fn show(Auth(caller): Auth, State(app): State<Arc<App>>) -> Json<Countries> {
    let all = app.money.terms();
    let terms = all.of(account(&caller));
    let countries = app.money.defaults.countries(terms).iter();
    Json(Countries {
        countries: countries.map(ToString::to_string).collect(),
        own: terms.countries.is_some(),
    })
}

/// Sets the countries that the account may text; others fail with COUNTRY_NOT_ALLOWED.
#[utoipa::path(put, path = "/v1/destination-countries", tag = "money", request_body = NewCountries,
    responses((status = 204), (status = 422, body = Problem)))]
pub async fn put(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(new): Body<NewCountries>,
) -> Result<StatusCode, Problem> {
    let mut countries = BTreeSet::new();
    let mut problem = Problem::invalid("some countries are unknown");
    for (n, code) in new.countries.iter().enumerate() {
        match Country::parse(code).filter(|country| country.is_known()) {
            Some(country) => {
                countries.insert(country.to_string());
            }
            None => {
                let pointer = format!("/countries/{n}");
                let how = "no country of two letters (ISO 3166)";
                problem = problem.error(&pointer, "field.invalid", how);
            }
        }
    }
    if problem.has_errors() {
        return Err(problem);
    }
    let body = serde_json::to_string(&countries).map_err(anyhow::Error::from)?;
    keep(&app, account(&caller), setting::COUNTRIES, Some(body)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Goes back to the countries of the installation's settings.
#[utoipa::path(delete, path = "/v1/destination-countries", tag = "money", responses((status = 204)))]
pub async fn remove(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
) -> Result<StatusCode, Problem> {
    keep(&app, account(&caller), setting::COUNTRIES, None).await?;
    Ok(StatusCode::NO_CONTENT)
}
