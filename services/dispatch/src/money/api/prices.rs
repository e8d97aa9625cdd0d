//! `GET`, `PUT` and `DELETE /v1/prices`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Listing, Params, Problem, no_such_cursor};
use chrono::{DateTime, Utc};
use contract::UnixMillis;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::account::Account;
use super::super::db::prices::{self, After, Which};
use super::super::db::{caps, changed};
use super::super::price::{Destination, Price};
use super::new_price::PriceBody;
use super::{account, one_currency};
use crate::app::App;
use crate::route::country::Country;
use crate::route::prefix::Prefix;

/// Prices in one call.
const MOST_AT_ONCE: usize = 10_000;
/// Prices of one account: they stand in memory.
const MOST: i64 = 200_000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListParams {
    provider: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 200, 50 if absent.
    limit: Option<u64>,
}

/// The account's prices, past and future ones too.
#[utoipa::path(get, path = "/v1/prices", tag = "money", params(ListParams),
    responses((status = 200, body = Listing<PriceBody>)))]
pub async fn list(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(params): Params<ListParams>,
) -> Result<Json<Listing<PriceBody>>, Problem> {
    let size = params.limit.unwrap_or(50).clamp(1, 200);
    let after = params.cursor.as_deref().map(read_cursor).transpose()?;
    let (engine, db) = (app.cx.db.engine(), app.cx.db.read());
    let rows = prices::page(
        engine,
        db,
        account(&caller),
        params.provider,
        after,
        size + 1,
    )
    .await?;
    let page = Listing::cut(rows, size, cursor);
    Ok(Json(Listing {
        data: page.data.into_iter().map(PriceBody::of).collect(),
        next_cursor: page.next_cursor,
        has_more: page.has_more,
    }))
}

fn cursor(price: &Price) -> String {
    let after: After = (
        price.provider.clone(),
        price.destination.to_string(),
        price.operator.clone(),
        price.effective_from,
    );
    hex::encode(serde_json::to_vec(&after).unwrap_or_default())
}

fn read_cursor(text: &str) -> Result<After, Problem> {
    let bytes = hex::decode(text).unwrap_or_default();
    serde_json::from_slice(&bytes).map_err(|_| no_such_cursor())
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPrices {
    /// At most 10,000.
    prices: Vec<PriceBody>,
}

/// How many prices were written or removed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Changed {
    pub changed: u64,
}

/// Sets prices; one for the same provider, destination, operator and instant takes the place of the old. All or
/// none are taken.
#[utoipa::path(put, path = "/v1/prices", tag = "money", request_body = NewPrices,
    responses((status = 200, body = Changed), (status = 422, body = Problem)))]
pub async fn put(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(body): Body<NewPrices>,
) -> Result<Json<Changed>, Problem> {
    if body.prices.len() > MOST_AT_ONCE {
        let detail = "at most 10000 prices at once";
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "field.range", detail);
        return Err(problem.error("/prices", "field.range", detail));
    }
    let mut problem = Problem::invalid("some prices cannot be taken; none was");
    let mut checked = Vec::with_capacity(body.prices.len());
    for (n, price) in body.prices.into_iter().enumerate() {
        match price.check() {
            Ok(price) => checked.push(price),
            Err((field, how)) => {
                problem = problem.error(&format!("/prices/{n}/{field}"), "field.invalid", how);
            }
        }
    }
    if problem.has_errors() {
        return Err(problem);
    }
    write(&app, account(&caller), checked).await.map(Json)
}

/// Writes checked prices. Of several for the same thing the last one holds.
pub async fn write(app: &App, account: Account, checked: Vec<Price>) -> Result<Changed, Problem> {
    let mut last = std::collections::BTreeMap::new();
    for price in checked {
        let key = (
            price.provider.clone(),
            price.destination,
            price.operator.clone(),
            price.effective_from,
        );
        last.insert(key, price);
    }
    let prices: Vec<Price> = last.into_values().collect();
    let (engine, count) = (app.cx.db.engine(), prices.len() as u64);
    app.cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                caps::lock(engine, tx, account).await?;
                prices::put(engine, tx, account, &prices).await?;
                if prices::number(engine, tx, account).await? > MOST {
                    let detail = "an account has at most 200000 prices";
                    return Err(Problem::new(
                        StatusCode::UNPROCESSABLE_ENTITY,
                        "field.range",
                        detail,
                    )
                    .into());
                }
                one_currency(engine, tx, account).await?;
                changed(engine, tx).await
            })
        })
        .await?;
    app.money.reload().await?;
    Ok(Changed { changed: count })
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RemoveParams {
    provider: String,
    country: Option<String>,
    prefix: Option<String>,
    operator: Option<String>,
    #[param(value_type = Option<String>)]
    effective_from: Option<DateTime<Utc>>,
}

/// Removes a provider's prices, or those of them that are named more exactly.
#[utoipa::path(delete, path = "/v1/prices", tag = "money", params(RemoveParams),
    responses((status = 200, body = Changed), (status = 422, body = Problem)))]
pub async fn remove(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(params): Params<RemoveParams>,
) -> Result<Json<Changed>, Problem> {
    let bad = |field: &str| {
        let detail = format!("{field} cannot be read; name country or prefix, not both");
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "query.invalid", detail)
    };
    let destination = match (params.country.as_deref(), params.prefix.as_deref()) {
        (None, None) => None,
        (Some(text), None) => Some(Destination::Country(
            Country::parse(text).ok_or_else(|| bad("country"))?,
        )),
        (None, Some(text)) => Some(Destination::Prefix(
            Prefix::parse(text).ok_or_else(|| bad("prefix"))?,
        )),
        (Some(_), Some(_)) => return Err(bad("prefix")),
    };
    let which = Which {
        provider: Some(params.provider),
        destination,
        operator: params.operator,
        effective_from: params.effective_from.map(|at| UnixMillis::from(at).0),
    };
    let (engine, account) = (app.cx.db.engine(), account(&caller));
    let removed = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let removed = prices::remove(engine, tx, account, &which).await?;
                changed(engine, tx).await?;
                Ok(removed)
            })
        })
        .await?;
    app.money.reload().await?;
    Ok(Json(Changed { changed: removed }))
}
