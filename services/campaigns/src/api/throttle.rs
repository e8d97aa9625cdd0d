//! `POST /v1/campaigns/{id}/throttle`

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, PathId, Problem};
use contract::CampaignId;
use contract::accounts::Caller;

use super::transition::{find, find_changeable};
use super::types::Campaign;
use crate::app::App;
use crate::db;
use crate::db::run::RunState;
use crate::lifecycle::State;
use crate::throttle::Throttle;

/// States in which a throttle can be changed; a draft is changed with `PATCH`.
const FROM: [State; 4] = [
    State::Scheduled,
    State::Preparing,
    State::Running,
    State::Paused,
];

/// Changes how fast a campaign goes, also while it is under way: it is in force within a second.
#[utoipa::path(post, path = "/v1/campaigns/{id}/throttle", tag = "campaigns", params(("id" = String, Path)),
    request_body = Throttle,
    responses((status = 200, body = Campaign), (status = 409, description = "campaign.state"),
        (status = 422, description = "campaign.invalid, with field.required, field.range")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<CampaignId>,
    Body(throttle): Body<Throttle>,
) -> Result<Json<Campaign>, Problem> {
    let mut problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "campaign.invalid",
        "this is no throttle",
    );
    for (pointer, code, detail) in throttle.faults() {
        problem = problem.error(pointer, code, detail);
    }
    if problem.has_errors() {
        return Err(problem);
    }
    set(&app, caller, id, Some(throttle)).await
}

/// Gives a campaign this throttle, and its run if one is open.
pub async fn set(
    app: &App,
    caller: Caller,
    id: CampaignId,
    throttle: Option<Throttle>,
) -> Result<Json<Campaign>, Problem> {
    find_changeable(app, caller, id).await?;
    let (tenant, engine, now) = (caller.tenant, app.cx.db.engine(), app.cx.clock.millis());
    let won = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let Some(campaign) = db::campaign::by_id(tx, tenant, id).await? else {
                    return Ok(false);
                };
                let mut plan = campaign.pace;
                plan.throttle = throttle;
                // Before the campaign, as those lock it that freeze and close the run.
                let run = match campaign.run {
                    Some(run) => db::run::by_id_for_update(tx, engine, run).await?,
                    None => None,
                };
                if !db::campaign::set_pace(tx, id, &FROM, &plan, now).await? {
                    return Ok(false);
                }
                if let Some(run) = run.filter(|run| run.state != RunState::Closed) {
                    let pace = db::pace::by_run_for_update(tx, engine, run.id).await?;
                    let mut pace = match pace {
                        Some(pace) => pace,
                        None => db::pace::of_running(tx, &run, now).await?,
                    };
                    pace.set_throttle(throttle, run.recipients, now);
                    db::pace::save(tx, &pace).await?;
                }
                Ok(true)
            })
        })
        .await?;
    let campaign = find(app, caller, id).await?;
    if !won {
        let state = campaign.state.as_str();
        let detail = format!(
            "The throttle of a campaign that is {state} cannot be changed; it can while it is scheduled, preparing, running or paused."
        );
        return Err(Problem::new(StatusCode::CONFLICT, "campaign.state", detail));
    }
    if let Some(run) = campaign.run {
        app.runs.wake(run);
    }
    Ok(Json(campaign.into()))
}
