//! `GET /v1/appointments`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Listing, Params, Problem, no_such_cursor};
use chrono::{DateTime, Utc};
use contract::{AppointmentId, ContactId, UnixMillis};
use serde::Deserialize;
use utoipa::IntoParams;

use super::view::Appointment;
use crate::app::App;
use crate::appointment::model::{Attention, Confirmation, Status};
use crate::db;
use crate::db::appointment::Filter;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// A status, a confirmation (of what is agreed), or what a human is wanted for: `unconfirmed`, `needs_call`, …
    pub state: Option<String>,
    /// Beginning at or after this instant; now if absent.
    pub from: Option<DateTime<Utc>>,
    /// Beginning before this instant.
    pub to: Option<DateTime<Utc>>,
    #[param(value_type = Option<String>)]
    pub contact: Option<ContactId>,
    pub cursor: Option<String>,
    /// 1 to 200, 50 if absent.
    pub limit: Option<u32>,
}

/// Appointments by their start, the first first.
#[utoipa::path(get, path = "/v1/appointments", tag = "appointments", params(Asked),
    responses((status = 200, body = Listing<Appointment>), (status = 400, description = "cursor.invalid, query.invalid")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(asked): Params<Asked>,
) -> Result<Json<Listing<Appointment>>, Problem> {
    if let Some(state) = asked.state.as_deref().filter(|state| !known(state)) {
        let state: String = state.chars().take(40).collect();
        let detail = format!(
            "`{state}` is no state; there are scheduled, cancelled, completed, no_show, unconfirmed, confirmed, \
             reschedule_requested, cancel_requested, needs_call, needs_attention"
        );
        return Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "query.invalid",
            detail,
        ));
    }
    let size = u64::from(asked.limit.unwrap_or(50).clamp(1, 200));
    let filter = Filter {
        from: asked.from.unwrap_or_else(|| app.cx.clock.now()).into(),
        to: asked.to.map_or(UnixMillis(i64::MAX), Into::into),
        contact: asked.contact,
        state: asked.state,
        after: asked.cursor.as_deref().map(cursor).transpose()?,
        limit: size + 1,
    };
    let read = app.cx.db.read();
    let rows = db::appointment::page(read, caller.tenant, caller.mode, &filter).await?;
    let rows: Vec<Appointment> = rows.into_iter().map(Appointment::from).collect();
    Ok(Json(Listing::cut(rows, size, |one| {
        format!("{}.{}", one.starts_at_utc.timestamp_millis(), one.id)
    })))
}

fn known(state: &str) -> bool {
    Status::parse(state).is_some()
        || Confirmation::parse(state).is_some()
        || Attention::parse(state).is_some()
}

/// The start and the id of the last one of the page before.
fn cursor(text: &str) -> Result<(UnixMillis, AppointmentId), Problem> {
    let read = |text: &str| {
        let (at, id) = text.split_once('.')?;
        Some((UnixMillis(at.parse().ok()?), id.parse().ok()?))
    };
    read(text).ok_or_else(no_such_cursor)
}
