//! `GET /v1/appointment-figures`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Params, Problem};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::appointment::figures::{By, Figures, Group, Step, groups};
use crate::db::appointment_figures::{Span, answers, counts, steps};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Beginning at or after this instant; 30 days ago if absent.
    pub from: Option<DateTime<Utc>>,
    /// Beginning before this instant; now if absent.
    pub to: Option<DateTime<Utc>>,
    /// `location`, `hour`, `weekday` or `lead_time`: the same figures of each.
    pub by: Option<By>,
}

/// Figures of all, of each step and of each group.
#[derive(Debug, Serialize, ToSchema)]
pub struct Shown {
    #[serde(flatten)]
    pub figures: Figures,
    /// Those who answered a text.
    pub answered: u64,
    /// Within which half of them did.
    pub median_answer_seconds: Option<u64>,
    /// Of each reminder.
    pub by_step: Vec<Step>,
    /// The largest first, 200 at most; empty without `by`.
    pub groups: Vec<Group>,
}

const MOST_GROUPS: usize = 200;

/// How many confirm, and how many of those who did and did not do not come.
#[utoipa::path(get, path = "/v1/appointment-figures", tag = "appointments", params(Asked),
    responses((status = 200, body = Shown), (status = 400, description = "query.invalid")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(asked): Params<Asked>,
) -> Result<Json<Shown>, Problem> {
    let now = app.cx.clock.now();
    let to = asked.to.unwrap_or(now);
    let from = asked.from.unwrap_or_else(|| now - Duration::days(30));
    if from >= to {
        let detail = "`from` lies before `to`";
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "query.invalid",
            detail,
        ));
    }
    let read = app.cx.db.read();
    let span = Span {
        tenant: caller.tenant,
        mode: caller.mode,
        from: from.into(),
        to: to.into(),
    };
    let counts = counts(read, span, asked.by).await?;
    let (answered, median) = answers(read, span).await?;
    let by_step = steps(read, span).await?;
    let figures = Figures::of(&counts);
    let mut of_each = match asked.by {
        Some(by) => groups(by, counts),
        None => Vec::new(),
    };
    of_each.truncate(MOST_GROUPS);
    Ok(Json(Shown {
        figures,
        answered,
        median_answer_seconds: median.map(|millis| millis / 1000),
        by_step: by_step.into_iter().map(Step::from).collect(),
        groups: of_each,
    }))
}
