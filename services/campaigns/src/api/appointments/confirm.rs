//! `POST /v1/appointments/{id}/confirm`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use contract::campaigns::AppointmentEvent;

use super::view::Appointment;
use super::write::{change, not_as_it_is};
use crate::app::App;
use crate::appointment::answer;
use crate::appointment::model::{BY_DESK, Confirmation};
use crate::appointment::read::Ref;
use crate::appointment::send::announce;
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
    let confirmed = change(&app, caller, target, |tx, hands, mut found| {
        Box::pin(async move {
            let now = hands.now_millis();
            if !found.is_open(now) {
                let detail = "only what is agreed and still to come can be confirmed";
                return Err(not_as_it_is(detail));
            }
            if found.confirmation != Confirmation::Confirmed {
                answer::confirm(&mut found, BY_DESK.to_string(), now);
                found.updated_at = now;
                db::appointment::save(tx, &found).await?;
                announce(tx, hands, &found, AppointmentEvent::Confirmed).await?;
            }
            Ok(found)
        })
    });
    Ok(Json(confirmed.await?.into()))
}
