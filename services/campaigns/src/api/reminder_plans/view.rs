//! What reminder plans look like on the wire.

use axum::http::StatusCode;
use chassis::http::Problem;
use chrono::{DateTime, Utc};
use contract::ReminderPlanId;
use contract::accounts::Caller;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::appointment::read_rules::RulesBody;
use crate::appointment::rules::Rules;
use crate::db;

#[derive(Debug, Serialize, ToSchema)]
pub struct ReminderPlan {
    #[schema(value_type = String)]
    pub id: ReminderPlanId,
    /// Grows with each change. An appointment stays under the version that planned it until it is changed itself.
    pub version: u32,
    #[serde(flatten)]
    pub rules: RulesBody,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<db::reminder_plan::ReminderPlan> for ReminderPlan {
    fn from(row: db::reminder_plan::ReminderPlan) -> Self {
        Self {
            id: row.id,
            version: row.version,
            rules: row.rules.into(),
            created_at: row.created_at.to_utc(),
            updated_at: row.updated_at.to_utc(),
        }
    }
}

/// 422 with everything that is wrong with it.
pub fn check(body: &RulesBody) -> Result<Rules, Problem> {
    let detail = "the reminder plan cannot be saved like this";
    body.check()
        .map_err(|faults| faults.problem("reminder_plan.invalid", detail))
}

pub fn name_taken() -> Problem {
    let (code, detail) = (
        "reminder_plan.name_taken",
        "another reminder plan has this name",
    );
    Problem::new(StatusCode::CONFLICT, code, detail).error("/name", code, detail)
}

pub async fn find(
    app: &App,
    caller: Caller,
    id: ReminderPlanId,
) -> Result<db::reminder_plan::ReminderPlan, Problem> {
    db::reminder_plan::by_id(app.cx.db.read(), caller.tenant, caller.mode, id)
        .await?
        .ok_or_else(|| Problem::not_found("reminder plan"))
}
