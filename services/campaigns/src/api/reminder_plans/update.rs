//! `PUT /v1/reminder-plans/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Body, PathId, Problem};
use contract::ReminderPlanId;

use super::view::{ReminderPlan, check, name_taken};
use crate::app::App;
use crate::appointment::read_rules::RulesBody;
use crate::db;

/// Saves a new version. Appointments that are planned stay as they are until they are changed themselves.
#[utoipa::path(put, path = "/v1/reminder-plans/{id}", tag = "appointments", params(("id" = String, Path)),
    request_body = RulesBody, responses((status = 200, body = ReminderPlan), (status = 404, description = "not_found"),
        (status = 409, description = "reminder_plan.name_taken"), (status = 422, description = "reminder_plan.invalid")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<ReminderPlanId>,
    Body(body): Body<RulesBody>,
) -> Result<Json<ReminderPlan>, Problem> {
    let rules = check(&body)?;
    let (engine, now) = (app.cx.db.engine(), app.cx.clock.millis());
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            let found = db::reminder_plan::lock(tx, engine, caller.tenant, caller.mode, id).await?;
            let Some(mut plan) = found else {
                return Err(Problem::not_found("reminder plan").into());
            };
            if plan.rules != rules {
                plan.version = plan.version.saturating_add(1);
                plan.rules = rules;
                plan.updated_at = now;
                if !db::reminder_plan::save(tx, &plan).await? {
                    return Err(name_taken().into());
                }
            }
            Ok(plan)
        })
    });
    Ok(Json(write.await?.into()))
}
