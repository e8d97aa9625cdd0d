//! `GET /v1/incidents`: texts that left though they must not have, in the order they were found.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Listing, Params, Problem, cursor};
use chrono::{DateTime, Utc};
use contract::IncidentId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::IncidentShown;
use crate::app::App;
use crate::db::incident::{self, Wanted};
use crate::incident::Kind;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Found then or later.
    pub since: Option<DateTime<Utc>>,
    /// `after_confirmation`, `permitted_after_opt_out` or `no_permit`.
    pub kind: Option<String>,
    pub cursor: Option<String>,
    /// 1 to 200, 50 if absent.
    pub limit: Option<u32>,
}

/// Incidents: texts against a confirmed opt-out, against one that was recorded before their permit, and without
/// a permit. There should be none.
#[utoipa::path(get, path = "/v1/incidents", tag = "consent", params(Filter),
    responses((status = 200, body = Listing<IncidentShown>), (status = 422, description = "field.invalid")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(filter): Params<Filter>,
) -> Result<Json<Listing<IncidentShown>>, Problem> {
    let after: Option<IncidentId> = cursor(filter.cursor.as_deref())?;
    let kind = match filter.kind.as_deref().map(Kind::parse) {
        None => None,
        Some(Some(kind)) => Some(kind),
        Some(None) => {
            let names = Kind::ALL.map(Kind::as_str).join(", ");
            return Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "field.invalid",
                format!("kind is one of {names}"),
            ));
        }
    };
    let wanted = Wanted {
        after,
        since: filter.since.map(|at| at.timestamp_millis()),
        kind,
    };
    let size = filter.limit.unwrap_or(50).clamp(1, 200);
    let (db, engine) = (app.cx.db.read(), app.engine());
    let rows = incident::list(db, engine, caller.tenant, wanted, size + 1).await?;
    let shown = rows.into_iter().map(IncidentShown::from).collect();
    Ok(Json(Listing::cut(
        shown,
        u64::from(size),
        |one: &IncidentShown| one.id.to_string(),
    )))
}
