//! `POST /v1/appointments/{id}/outcome`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Body, PathId, Problem};
use contract::campaigns::AppointmentEvent;
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::Appointment;
use super::write::{change, not_as_it_is};
use crate::app::App;
use crate::appointment::model::Status;
use crate::appointment::read::Ref;
use crate::appointment::replan::replan;
use crate::appointment::send::announce;
use crate::db;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOutcome {
    pub outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Completed,
    NoShow,
}

/// Notes whether the person came. May be corrected.
#[utoipa::path(post, path = "/v1/appointments/{id}/outcome", tag = "appointments", request_body = NewOutcome,
    params(("id" = String, Path, description = "`apt_…` or `ext:…`")),
    responses((status = 200, body = Appointment), (status = 404, description = "not_found"),
        (status = 409, description = "appointment.state")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(target): PathId<Ref>,
    Body(new): Body<NewOutcome>,
) -> Result<Json<Appointment>, Problem> {
    let (status, event) = match new.outcome {
        Outcome::Completed => (Status::Completed, AppointmentEvent::Completed),
        Outcome::NoShow => (Status::NoShow, AppointmentEvent::NoShow),
    };
    let noted = change(&app, caller, target, move |tx, hands, mut found| {
        Box::pin(async move {
            let now = hands.now_millis();
            if found.status == Status::Cancelled {
                return Err(not_as_it_is("what was cancelled has no outcome"));
            }
            if status == Status::NoShow && found.starts_at > now {
                return Err(not_as_it_is("nobody can have missed what has not begun"));
            }
            if found.status != status {
                found.status = status;
                found.attention = None;
                found.attention_reason = None;
                found.notice_at = None;
                found.unconfirmed_at = None;
                found.updated_at = now;
                db::appointment::save(tx, &found).await?;
                let rules = db::reminder_plan::rules(tx, found.plan, found.plan_version).await?;
                replan(tx, hands, &found, &rules).await?;
                announce(tx, hands, &found, event).await?;
            }
            Ok(found)
        })
    });
    Ok(Json(noted.await?.into()))
}
