//! `GET /v1/reminder-plans`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Listing, Page, Params, Problem, cursor};
use contract::ReminderPlanId;

use super::view::ReminderPlan;
use crate::app::App;
use crate::db;

/// The tenant's reminder plans, newest first.
#[utoipa::path(get, path = "/v1/reminder-plans", tag = "appointments", params(Page),
    responses((status = 200, body = Listing<ReminderPlan>)))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Params(page): Params<Page>,
) -> Result<Json<Listing<ReminderPlan>>, Problem> {
    let before = cursor::<ReminderPlanId>(page.cursor.as_deref())?;
    let size = page.size();
    let (tenant, mode) = (caller.tenant, caller.mode);
    let rows = db::reminder_plan::page(app.cx.db.read(), tenant, mode, before, size + 1).await?;
    let rows: Vec<ReminderPlan> = rows.into_iter().map(ReminderPlan::from).collect();
    Ok(Json(Listing::cut(rows, size, |plan| plan.id.to_string())))
}
