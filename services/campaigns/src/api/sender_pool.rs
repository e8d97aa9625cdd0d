//! The pool that a campaign leaves from, as dispatch knows it.

use axum::http::StatusCode;
use chassis::http::Problem;
use contract::dispatch::FindSenderPool;
use contract::sender;

use crate::app::App;
use crate::db::campaign::Campaign;

/// Refuses a campaign whose pool does not exist: none of its texts could leave.
pub async fn check(app: &App, campaign: &Campaign) -> Result<(), Problem> {
    let Some(name) = sender::pool(&campaign.sender) else {
        return Ok(());
    };
    let question = FindSenderPool {
        name: name.to_string(),
        mode: campaign.mode,
    };
    if app.cx.bus.ask(campaign.tenant, &question).await?.is_some() {
        return Ok(());
    }
    let detail = "There is no sender pool of this name in the mode of the key; make it first (POST /v1/sender-pools).";
    let problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "campaign.invalid",
        "the campaign cannot be saved like this",
    );
    Err(problem.error("/sender", "sender_pool.unknown", detail))
}
