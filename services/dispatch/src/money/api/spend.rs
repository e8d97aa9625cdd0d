//! `GET /v1/spend`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Params, Problem};
use chrono::{Days, NaiveDate};
use contract::ids::CampaignId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::db::spend::{self, Counter};
use super::account;
use super::caps::{CapView, views};
use crate::app::App;

/// Rows in one answer; whoever needs more asks for fewer days.
const MOST_ROWS: u64 = 10_000;
/// Days told if none are named.
const DAYS: u64 = 31;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SpendParams {
    #[param(value_type = Option<String>)]
    campaign: Option<CampaignId>,
    /// First day (UTC), such as `2026-11-01`; 31 days ago if absent.
    #[param(value_type = Option<String>)]
    from: Option<NaiveDate>,
    /// Last day; today if absent.
    #[param(value_type = Option<String>)]
    to: Option<NaiveDate>,
}

/// What an account spent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Spend {
    /// Caps: spent, reserved, left.
    caps: Vec<CapView>,
    /// The account as a whole: this day, this month, and since ever (`all`).
    totals: Vec<SpendRow>,
    /// By campaign and day, the newest first.
    data: Vec<SpendRow>,
    /// There are more rows than are told; ask for fewer days.
    has_more: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SpendRow {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    campaign: Option<CampaignId>,
    /// `2026-11-26`, `2026-11` or `all`.
    period: String,
    /// In millionths of the currency's unit.
    micros: i64,
    currency: String,
    /// Texts with a price.
    texts: i64,
}

impl From<Counter> for SpendRow {
    fn from(counter: Counter) -> Self {
        Self {
            campaign: counter.campaign,
            period: counter.period,
            micros: counter.micros,
            currency: counter.currency,
            texts: counter.texts,
        }
    }
}

/// What the account's texts cost, by campaign and day, and how its caps stand.
#[utoipa::path(get, path = "/v1/spend", tag = "money", params(SpendParams),
    responses((status = 200, body = Spend), (status = 400, body = Problem)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(params): Params<SpendParams>,
) -> Result<Json<Spend>, Problem> {
    let (engine, db, now) = (app.cx.db.engine(), app.cx.db.read(), app.cx.clock.millis());
    let account = account(&caller);
    let to = params.to.unwrap_or_else(|| now.to_utc().date_naive());
    let from = params
        .from
        .or_else(|| to.checked_sub_days(Days::new(DAYS - 1)))
        .unwrap_or(to);
    if from > to {
        let detail = "from lies behind to";
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "query.invalid",
            detail,
        ));
    }
    let (first, last) = (
        from.format("%Y-%m-%d").to_string(),
        to.format("%Y-%m-%d").to_string(),
    );
    let mut rows = spend::days(
        engine,
        db,
        account,
        params.campaign,
        (&first, &last),
        MOST_ROWS + 1,
    )
    .await?;
    let most = usize::try_from(MOST_ROWS).unwrap_or(usize::MAX);
    let has_more = rows.len() > most;
    rows.truncate(most);
    let totals = spend::totals(engine, db, account, now).await?;
    Ok(Json(Spend {
        caps: views(&app, account).await?,
        totals: totals.into_iter().map(SpendRow::from).collect(),
        data: rows.into_iter().map(SpendRow::from).collect(),
        has_more,
    }))
}
