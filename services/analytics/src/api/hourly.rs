//! `GET /v1/analytics/hourly`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Params, Problem};
use chrono::{DateTime, Utc};
use contract::chunk::Outcome;
use contract::{CampaignId, UnixMillis};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::db::rollup::{self, HourSum};
use crate::horizon::{HOUR, Horizon};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// Only this campaign.
    pub campaign: Option<String>,
    /// Default: seven days before `to`.
    #[param(value_type = Option<String>)]
    pub from: Option<DateTime<Utc>>,
    /// Default: the end of this hour.
    #[param(value_type = Option<String>)]
    pub to: Option<DateTime<Utc>>,
}

/// Messages of one hour, outcome and reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct Hour {
    pub hour: DateTime<Utc>,
    pub outcome: &'static str,
    pub reason: String,
    pub messages: i64,
    pub segments: i64,
    /// Receipts of this hour's texts may still come and change its sums.
    pub provisional: bool,
    /// Of all sums of this hour: 1 once they are final, one more each time they change after that. `null` while they are
    /// provisional.
    pub revision: Option<i64>,
    /// When they last changed after they were final.
    #[schema(value_type = Option<String>)]
    pub restated_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Hours {
    /// The instant these sums are of.
    pub as_of: DateTime<Utc>,
    /// At least one of them is provisional.
    pub provisional: bool,
    pub data: Vec<Hour>,
}

/// Counts by the hour in which texts were handed over or settled (UTC).
#[utoipa::path(get, path = "/v1/analytics/hourly", tag = "analytics", params(Wanted),
    responses((status = 200, body = Hours)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Hours>, Problem> {
    let campaign: Option<CampaignId> = wanted
        .campaign
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|error: contract::ids::IdError| {
            Problem::new(StatusCode::BAD_REQUEST, "id.wrong_type", error.to_string())
        })?;
    let now = app.clock.millis();
    let to = wanted
        .to
        .map_or_else(|| now.0 + HOUR, |to| to.timestamp_millis());
    let from = wanted
        .from
        .map_or(to - 7 * 24 * HOUR, |from| from.timestamp_millis());
    let sums = rollup::hourly(&app.db, caller.tenant, campaign, from, to).await?;
    let horizon = app.config.horizon();
    let data: Vec<Hour> = sums
        .into_iter()
        .map(|sum| describe(sum, horizon, now))
        .collect();
    Ok(Json(Hours {
        as_of: now.to_utc(),
        provisional: data.iter().any(|hour| hour.provisional),
        data,
    }))
}

fn describe(HourSum { sum, changes }: HourSum, horizon: Horizon, now: UnixMillis) -> Hour {
    let is_final = horizon.hour_is_final(sum.hour, now);
    Hour {
        hour: UnixMillis(sum.hour).to_utc(),
        outcome: Outcome::from_rank(sum.rank).map_or("unknown", Outcome::as_str),
        reason: sum.reason,
        messages: sum.messages,
        segments: sum.segments,
        provisional: !is_final,
        revision: is_final.then_some(1 + changes.count),
        restated_at: changes.at.filter(|_| is_final).map(UnixMillis::to_utc),
    }
}
