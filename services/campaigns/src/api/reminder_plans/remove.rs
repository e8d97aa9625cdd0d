//! `DELETE /v1/reminder-plans/{id}`

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, PathId, Problem};
use contract::ReminderPlanId;

use super::view::find;
use crate::app::App;
use crate::db;

/// Deletes a reminder plan that no agreed appointment stands under.
#[utoipa::path(delete, path = "/v1/reminder-plans/{id}", tag = "appointments", params(("id" = String, Path)),
    responses((status = 204), (status = 404, description = "not_found"),
        (status = 409, description = "reminder_plan.in_use")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<ReminderPlanId>,
) -> Result<StatusCode, Problem> {
    find(&app, caller, id).await?;
    let now = app.cx.clock.millis();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            if db::appointment::uses(tx, id).await? {
                let detail = "appointments that are still to come stand under this reminder plan";
                let code = "reminder_plan.in_use";
                return Err(Problem::new(StatusCode::CONFLICT, code, detail).into());
            }
            db::reminder_plan::delete(tx, id, now).await
        })
    });
    write.await?;
    Ok(StatusCode::NO_CONTENT)
}
