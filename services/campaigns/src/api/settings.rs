//! `GET` and `PUT /v1/campaign-settings`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::approval::{Amount, Own, Rules};
use crate::{clearance, db};

/// What a launch needs, in the mode of the key.
#[derive(Debug, Serialize, ToSchema)]
pub struct Settings {
    /// What the tenant has set; `null` where the installation's word holds.
    pub own: Own,
    pub in_force: InForce,
}

/// `null`: never needed.
#[derive(Debug, Serialize, ToSchema)]
pub struct InForce {
    /// From how many recipients on.
    pub preflight_from: Option<u64>,
    pub approval_from: Option<u64>,
    pub approval_from_cost: Option<Amount>,
    /// How many minutes a preflight counts.
    pub preflight_minutes: i64,
    /// How many percent a forecast may move before an approval is void.
    pub approval_drift_percent: f64,
}

impl Settings {
    fn of(own: Own, rules: Rules) -> Self {
        Self {
            own,
            in_force: InForce {
                preflight_from: rules.preflight_from,
                approval_from: rules.approval_from,
                approval_from_cost: rules.approval_from_cost,
                preflight_minutes: rules.preflight_lasts / 60_000,
                approval_drift_percent: rules.drift_percent,
            },
        }
    }
}

/// What launches of this tenant need, in the mode of the key.
#[utoipa::path(get, path = "/v1/campaign-settings", tag = "campaigns", responses((status = 200, body = Settings)))]
pub async fn get(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
) -> Result<Json<Settings>, Problem> {
    let own = db::setting::of(app.cx.db.read(), caller.tenant, caller.mode).await?;
    let own = own.unwrap_or_default();
    let rules = clearance::in_force(&app.config, &own);
    Ok(Json(Settings::of(own, rules)))
}

/// Sets all of it, in the mode of the key; what is left out is as the installation says.
#[utoipa::path(put, path = "/v1/campaign-settings", tag = "campaigns", request_body = Own,
    responses((status = 200, body = Settings), (status = 422, description = "field.range, field.invalid")))]
pub async fn put(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(own): Body<Own>,
) -> Result<Json<Settings>, Problem> {
    check(&own)?;
    let (whose, by) = ((caller.tenant, caller.mode), caller.key);
    let (kept, now) = (own.clone(), app.cx.clock.millis());
    app.cx
        .db
        .write(move |tx| Box::pin(async move { db::setting::put(tx, whose, &kept, by, now).await }))
        .await?;
    tracing::info!(tenant = %caller.tenant, key = %by, "the settings of launches were changed");
    let rules = clearance::in_force(&app.config, &own);
    Ok(Json(Settings::of(own, rules)))
}

fn check(own: &Own) -> Result<(), Problem> {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let mut problem = Problem::new(status, "field.invalid", "the settings cannot be like this");
    if let Some(Amount { micros, currency }) = &own.approval_from_cost {
        if *micros < 1 {
            let detail = "An amount above 0, in millionths of the currency's unit.";
            problem = problem.error("/approval_from_cost/micros", "field.range", detail);
        }
        if currency.len() != 3 || !currency.bytes().all(|letter| letter.is_ascii_uppercase()) {
            let detail = "A currency is three capital letters, such as USD.";
            problem = problem.error("/approval_from_cost/currency", "field.invalid", detail);
        }
    }
    if problem.has_errors() {
        Err(problem)
    } else {
        Ok(())
    }
}
