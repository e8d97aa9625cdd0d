//! `GET /v1/appointments/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};

use super::view::{self, Appointment};
use crate::app::App;
use crate::appointment::read::Ref;

/// One appointment.
#[utoipa::path(get, path = "/v1/appointments/{id}", tag = "appointments",
    params(("id" = String, Path, description = "`apt_…` or `ext:…`")),
    responses((status = 200, body = Appointment), (status = 404, description = "not_found")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(target): PathId<Ref>,
) -> Result<Json<Appointment>, Problem> {
    Ok(Json(view::get(&app, caller, &target).await?.into()))
}
