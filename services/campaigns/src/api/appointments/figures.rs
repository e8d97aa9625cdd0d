//! `GET /v1/appointment-figures`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Params, Problem};
use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::appointment::figures::Figures;
use crate::db;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Beginning at or after this instant; 30 days ago if absent.
    pub from: Option<DateTime<Utc>>,
    /// Beginning before this instant; now if absent.
    pub to: Option<DateTime<Utc>>,
}

/// How many confirm, and how many of those who did and did not do not come.
#[utoipa::path(get, path = "/v1/appointment-figures", tag = "appointments", params(Asked),
    responses((status = 200, body = Figures), (status = 400, description = "query.invalid")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(asked): Params<Asked>,
) -> Result<Json<Figures>, Problem> {
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
    let (read, tenant, mode) = (app.cx.db.read(), caller.tenant, caller.mode);
    let counts = db::appointment::counts(read, tenant, mode, from.into(), to.into()).await?;
    Ok(Json(Figures::of(&counts)))
}
