//! `POST /v1/campaigns/{id}/cancel`

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
use crate::{db, gate};

/// Ends a campaign for good. Once this is answered, nothing of it leaves any more.
#[utoipa::path(post, path = "/v1/campaigns/{id}/cancel", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = Campaign), (status = 409, description = "campaign.state"),
        (status = 503, description = "campaign.cancel_unconfirmed")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<CampaignId>,
) -> Result<Json<Campaign>, Problem> {
    let campaign = find_for(&app, caller, id, Action::Cancel).await?;
    let (tenant, now) = (caller.tenant, app.cx.clock.millis());
    let won = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let won = db::campaign::move_on(
                    tx,
                    id,
                    Action::Cancel.from(),
                    State::Cancelled,
                    None,
                    now,
                )
                .await?;
                // Read here: the tick may have begun a run since the campaign was found.
                let run = db::campaign::by_id(tx, tenant, id)
                    .await?
                    .and_then(|campaign| campaign.run);
                if let (true, Some(run)) = (won, run) {
                    db::run::move_on(
                        tx,
                        run,
                        &[RunState::Running, RunState::Paused],
                        RunState::Cancelled,
                        Gate::Cancelled,
                    )
                    .await?;
                }
                Ok(won)
            })
        })
        .await?;
    let campaign = settled_by(&app, &campaign, won, Action::Cancel).await?;
    if let Some(run) = campaign.run {
        let confirmed = gate::confirmed(&app, run).await;
        app.runs.wake(run);
        if !confirmed {
            return Err(unconfirmed(Action::Cancel));
        }
    }
    Ok(Json(campaign.into()))
}
