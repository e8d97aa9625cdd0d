//! `POST /v1/campaigns/{id}/resume`

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use chassis::http::{Auth, PathId, Problem};
use contract::CampaignId;
use contract::consent::Gate;

use super::transition::{find_for, settled_by, unconfirmed};
use super::types::Campaign;
use crate::app::App;
use crate::db::run::RunState;
use crate::lifecycle::{Action, State};
use crate::release::later;
use crate::{db, gate};

/// Goes on with a paused campaign.
#[utoipa::path(post, path = "/v1/campaigns/{id}/resume", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = Campaign), (status = 409, description = "campaign.state"),
        (status = 503, description = "campaign.resume_unconfirmed")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<CampaignId>,
) -> Result<Json<Campaign>, Problem> {
    let campaign = find_for(&app, caller, id, Action::Resume).await?;
    let (tenant, now) = (caller.tenant, app.cx.clock.millis());
    let by = later(now, app.config.restart_grace());
    let won = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let won =
                    db::campaign::move_on(tx, id, Action::Resume.from(), State::Running, None, now)
                        .await?;
                // Read here: the tick may have begun a run since the campaign was found.
                let run = db::campaign::by_id(tx, tenant, id)
                    .await?
                    .and_then(|campaign| campaign.run);
                if let (true, Some(run)) = (won, run) {
                    db::run::move_on(tx, run, &[RunState::Paused], RunState::Running, Gate::Open)
                        .await?;
                    db::chunk::hurry(tx, run, by).await?;
                }
                Ok(won)
            })
        })
        .await?;
    let campaign = settled_by(&app, &campaign, won, Action::Resume).await?;
    if let Some(run) = campaign.run {
        let confirmed = gate::confirmed(&app, run).await;
        app.runs.wake(run);
        if !confirmed {
            return Err(unconfirmed(Action::Resume));
        }
    }
    Ok(Json(campaign.into()))
}
