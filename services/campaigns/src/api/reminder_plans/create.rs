//! `POST /v1/reminder-plans`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use contract::ReminderPlanId;

use super::view::{ReminderPlan, check, name_taken};
use crate::app::App;
use crate::appointment::read_rules::RulesBody;
use crate::db;

/// Saves a reminder plan. The one called `default` is that of appointments that name none.
#[utoipa::path(post, path = "/v1/reminder-plans", tag = "appointments", request_body = RulesBody,
    responses((status = 201, body = ReminderPlan), (status = 409, description = "reminder_plan.name_taken"),
        (status = 422, description = "reminder_plan.invalid")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(body): Body<RulesBody>,
) -> Result<(StatusCode, Json<ReminderPlan>), Problem> {
    let rules = check(&body)?;
    let now = app.cx.clock.now();
    let plan = db::reminder_plan::ReminderPlan {
        id: ReminderPlanId::at(now),
        tenant: caller.tenant,
        mode: caller.mode,
        version: 1,
        rules,
        created_at: now.into(),
        updated_at: now.into(),
    };
    let row = plan.clone();
    let saved = app
        .cx
        .db
        .write(move |tx| Box::pin(async move { db::reminder_plan::save(tx, &row).await }));
    if saved.await? {
        Ok((StatusCode::CREATED, Json(plan.into())))
    } else {
        Err(name_taken())
    }
}
