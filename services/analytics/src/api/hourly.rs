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
use crate::db::rollup;

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
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Hours {
    pub data: Vec<Hour>,
}

const HOUR: i64 = 3_600_000;

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
    let to = wanted
        .to
        .map_or_else(|| app.clock.millis().0 + HOUR, |to| to.timestamp_millis());
    let from = wanted
        .from
        .map_or(to - 7 * 24 * HOUR, |from| from.timestamp_millis());
    let sums = rollup::hourly(&app.db, caller.tenant, campaign, from, to).await?;
    let data = sums
        .into_iter()
        .map(|sum| Hour {
            hour: UnixMillis(sum.hour).to_utc(),
            outcome: Outcome::from_rank(sum.rank).map_or("unknown", Outcome::as_str),
            reason: sum.reason,
            messages: sum.messages,
            segments: sum.segments,
        })
        .collect();
    Ok(Json(Hours { data }))
}
