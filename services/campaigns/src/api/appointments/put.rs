//! `PUT /v1/appointments/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Body, PathId, Problem};

use super::prepare::{Ready, prepare};
use super::view::{Changed, changed};
use super::write::carry_out;
use crate::app::App;
use crate::appointment::read::{self, Ref};

/// Makes an appointment, or moves it. The local time and its zone are what is agreed; the reminders follow from them.
#[utoipa::path(put, path = "/v1/appointments/{id}", tag = "appointments",
    params(("id" = String, Path, description = "`apt_…`, or `ext:` and your own id, which makes a new one")),
    request_body = read::Body, responses((status = 200, body = Changed), (status = 404, description = "not_found"),
        (status = 409, description = "appointment.changed"), (status = 422, description = "appointment.invalid")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(target): PathId<Ref>,
    Body(body): Body<read::Body>,
) -> Result<Json<Changed>, Problem> {
    let ready = prepare(&app, caller, &[(target, body)]).await?;
    let Some(ready) = ready.into_iter().next() else {
        return Err(Problem::not_found("appointment"));
    };
    let detail = "the appointment cannot be made like this";
    match ready.map_err(|faults| faults.problem("appointment.invalid", detail))? {
        Ready::NoSuch => Err(Problem::not_found("appointment")),
        Ready::Nothing(effect, known) => Ok(Json(changed(&app, effect, *known).await?)),
        Ready::Do(request) => {
            let done = carry_out(&app, vec![*request]).await?;
            let Some(done) = done.into_iter().next() else {
                return Err(Problem::not_found("appointment"));
            };
            Ok(Json(changed(&app, done.effect, done.appointment).await?))
        }
    }
}
