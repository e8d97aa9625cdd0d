//! `GET`, `PUT` and `DELETE /v1/spend-caps`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Listing, Params, Problem};
use chrono::{DateTime, Utc};
use contract::ids::CampaignId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::account::Account;
use super::super::budget::{Cap, standing};
use super::super::currency::Currency;
use super::super::db::{caps, changed, spend};
use super::super::period::Period;
use super::{account, one_currency};
use crate::app::App;

/// The largest cap: a hundred million units.
const MOST_MICROS: i64 = 100_000_000_000_000;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCap {
    /// One campaign; the account as a whole if absent.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    campaign: Option<CampaignId>,
    /// `day`, `month` (both in UTC) or `total`. A campaign's cap is `total`.
    period: String,
    /// In millionths of the currency's unit.
    micros: i64,
    /// The currency of the account's prices.
    currency: String,
}

/// A cap and how it stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct CapView {
    #[schema(value_type = Option<String>)]
    campaign: Option<CampaignId>,
    period: &'static str,
    micros: i64,
    currency: String,
    /// Of texts that the carrier took, or may have taken.
    spent_micros: i64,
    /// Of texts in flight.
    reserved_micros: i64,
    /// Below 0 where the cap was lowered under what was spent.
    left_micros: i64,
    /// When it starts anew.
    resets_at: Option<DateTime<Utc>>,
}

/// An account's caps as they stand now.
pub async fn views(app: &App, account: Account) -> anyhow::Result<Vec<CapView>> {
    let (engine, db, now) = (app.cx.db.engine(), app.cx.db.read(), app.cx.clock.millis());
    let mut views = Vec::new();
    for row in caps::of_account(engine, db, account).await? {
        let cap = row.cap;
        let (spent, held) =
            spend::against(engine, db, account, cap.campaign, cap.currency, now).await?;
        let stands = standing(&cap, &spent, &held, now);
        views.push(CapView {
            campaign: cap.campaign,
            period: cap.period.as_str(),
            micros: cap.micros,
            currency: cap.currency.to_string(),
            spent_micros: stands.spent,
            reserved_micros: stands.reserved,
            left_micros: stands.left,
            resets_at: cap.period.next(now).map(|at| at.to_utc()),
        });
    }
    Ok(views)
}

/// The account's caps and how they stand.
#[utoipa::path(get, path = "/v1/spend-caps", tag = "money", responses((status = 200, body = Listing<CapView>)))]
pub async fn list(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
) -> Result<Json<Listing<CapView>>, Problem> {
    let data = views(&app, account(&caller)).await?;
    Ok(Json(Listing {
        data,
        next_cursor: None,
        has_more: false,
    }))
}

/// Sets a cap, or another amount for it. It holds from the next text on, in every process within a second.
#[utoipa::path(put, path = "/v1/spend-caps", tag = "money", request_body = NewCap,
    responses((status = 204), (status = 422, body = Problem)))]
pub async fn put(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(new): Body<NewCap>,
) -> Result<StatusCode, Problem> {
    let cap = check(&new)?;
    let (engine, account) = (app.cx.db.engine(), account(&caller));
    app.cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                caps::put(engine, tx, account, &cap).await?;
                caps::lock(engine, tx, account).await?;
                one_currency(engine, tx, account).await?;
                changed(engine, tx).await
            })
        })
        .await?;
    app.money.reload().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn check(new: &NewCap) -> Result<Cap, Problem> {
    let wrong =
        |pointer: &str, how: &str| Problem::invalid(how).error(pointer, "field.invalid", how);
    let period =
        Period::parse(&new.period).ok_or_else(|| wrong("/period", "day, month or total"))?;
    if new.campaign.is_some() && period != Period::Total {
        return Err(wrong("/period", "a campaign's cap is total"));
    }
    if !(0..=MOST_MICROS).contains(&new.micros) {
        return Err(wrong("/micros", "0 to 100000000000000"));
    }
    let currency = Currency::parse(&new.currency)
        .ok_or_else(|| wrong("/currency", "three capital letters (ISO 4217)"))?;
    Ok(Cap {
        campaign: new.campaign,
        period,
        micros: new.micros,
        currency,
    })
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RemoveParams {
    #[param(value_type = Option<String>)]
    campaign: Option<CampaignId>,
    period: String,
}

/// Removes a cap.
#[utoipa::path(delete, path = "/v1/spend-caps", tag = "money", params(RemoveParams),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn remove(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(params): Params<RemoveParams>,
) -> Result<StatusCode, Problem> {
    let period = Period::parse(&params.period).ok_or_else(|| Problem::not_found("cap"))?;
    let (engine, account) = (app.cx.db.engine(), account(&caller));
    let removed = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let removed = caps::remove(engine, tx, account, params.campaign, period).await?;
                changed(engine, tx).await?;
                Ok(removed)
            })
        })
        .await?;
    app.money.reload().await?;
    if removed {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found("cap"))
    }
}
