//! `POST /v1/appointments/{id}/confirm`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, PathId, Problem};
use contract::campaigns::AppointmentEvent;

use super::view::Appointment;
use crate::app::App;
use crate::appointment::model::{BY_DESK, Confirmation};
use crate::appointment::read::Ref;
use crate::appointment::send::{Hands, announce};
use crate::appointment::{answer, put};
use crate::db;

/// Notes that the person has confirmed, on the telephone for instance.
#[utoipa::path(post, path = "/v1/appointments/{id}/confirm", tag = "appointments",
    params(("id" = String, Path, description = "`apt_…` or `ext:…`")),
    responses((status = 200, body = Appointment), (status = 404, description = "not_found"),
        (status = 409, description = "appointment.state")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(target): PathId<Ref>,
) -> Result<Json<Appointment>, Problem> {
    let (engine, bus, now) = (app.cx.db.engine(), app.cx.bus.clone(), app.cx.clock.now());
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            let hands = Hands {
                engine,
                bus: &bus,
                now,
            };
            let found = put::find(tx, &hands, caller.tenant, caller.mode, &target).await?;
            let Some(mut found) = found else {
                return Err(Problem::not_found("appointment").into());
            };
            if !found.is_open(now.into()) {
                let detail = "only what is agreed and still to come can be confirmed";
                let code = "appointment.state";
                return Err(Problem::new(StatusCode::CONFLICT, code, detail).into());
            }
            if found.confirmation != Confirmation::Confirmed {
                answer::confirm(&mut found, BY_DESK.to_string(), now.into());
                found.updated_at = now.into();
                db::appointment::save(tx, &found).await?;
                announce(tx, &hands, &found, AppointmentEvent::Confirmed).await?;
            }
            Ok(found)
        })
    });
    Ok(Json(write.await?.into()))
}
