//! `GET`, `PUT` and `DELETE /v1/velocity-limits`, `GET /v1/velocity`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::db::setting;
use super::super::limits::{MOST_PREFIX_DIGITS, VelocityLimits};
use super::{account, keep};
use crate::app::App;

/// Prefixes and numbers told.
const MOST: usize = 20;

/// The account's limits, its own or those of the settings.
#[utoipa::path(get, path = "/v1/velocity-limits", tag = "money", responses((status = 200, body = VelocityLimits)))]
pub async fn show_limits(Auth(caller): Auth, State(app): State<Arc<App>>) -> Json<VelocityLimits> {
    let all = app.money.terms();
    Json(app.money.defaults.limits(all.of(account(&caller))).clone())
}

/// Sets the account's limits.
#[utoipa::path(put, path = "/v1/velocity-limits", tag = "money", request_body = VelocityLimits,
    responses((status = 204), (status = 422, body = Problem)))]
pub async fn put_limits(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(new): Body<VelocityLimits>,
) -> Result<StatusCode, Problem> {
    if !(1..=MOST_PREFIX_DIGITS).contains(&new.prefix_digits) {
        let how = "1 to 12";
        return Err(Problem::invalid(how).error("/prefix_digits", "field.invalid", how));
    }
    let body = serde_json::to_string(&new).map_err(anyhow::Error::from)?;
    keep(&app, account(&caller), setting::LIMITS, Some(body)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Goes back to the limits of the installation's settings.
#[utoipa::path(delete, path = "/v1/velocity-limits", tag = "money", responses((status = 204)))]
pub async fn remove_limits(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
) -> Result<StatusCode, Problem> {
    keep(&app, account(&caller), setting::LIMITS, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is texted most, in this process, within the hour.
#[derive(Debug, Serialize, ToSchema)]
pub struct Velocity {
    prefixes: Vec<HotPrefix>,
    /// Texts to each of the numbers that had most; the numbers are not told.
    numbers: Vec<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HotPrefix {
    prefix: String,
    texts: u32,
    /// Texts that it may have within an hour; 0: no limit.
    limit: u32,
}

/// The account's hottest prefixes and numbers, of the classes that are limited.
#[utoipa::path(get, path = "/v1/velocity", tag = "money", responses((status = 200, body = Velocity)))]
pub async fn show(Auth(caller): Auth, State(app): State<Arc<App>>) -> Json<Velocity> {
    let (all, account, now) = (app.money.terms(), account(&caller), app.cx.clock.millis().0);
    let limit = app
        .money
        .defaults
        .limits(all.of(account))
        .per_prefix_per_hour;
    let Some(pulse) = app.money.known_pulse(account) else {
        return Json(Velocity {
            prefixes: Vec::new(),
            numbers: Vec::new(),
        });
    };
    let (hot, numbers) =
        pulse.with(|pulse| (pulse.hot_prefixes(now, MOST), pulse.hot_numbers(now, MOST)));
    let prefixes = hot
        .into_iter()
        .map(|hot| HotPrefix {
            prefix: hot.digits.to_string(),
            texts: hot.texts,
            limit,
        })
        .collect();
    Json(Velocity { prefixes, numbers })
}
