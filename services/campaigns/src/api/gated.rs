//! Transitions that change what consent lets through: pause, resume, cancel.

use axum::Json;
use chassis::http::Problem;
use contract::CampaignId;
use contract::accounts::Caller;
use contract::consent::Gate;

use super::transition::{find_for, settled_by, unconfirmed};
use super::types::Campaign;
use crate::app::App;
use crate::db::run::RunState;
use crate::lifecycle::{Action, State};
use crate::release::later;
use crate::{db, gate};

/// What becomes of a campaign, of its run, and of the run's gate.
pub struct Change {
    pub action: Action,
    pub to: State,
    pub run_from: &'static [RunState],
    pub run_to: RunState,
    pub gate: Gate,
}

/// Commits the change, then answers once consent has confirmed the gate.
pub async fn carry_out(
    app: &App,
    caller: Caller,
    id: CampaignId,
    change: &'static Change,
) -> Result<Json<Campaign>, Problem> {
    let action = change.action;
    let campaign = find_for(app, caller, id, action).await?;
    let (tenant, now) = (caller.tenant, app.cx.clock.millis());
    let by = later(now, app.config.restart_grace());
    let won = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let won =
                    db::campaign::move_on(tx, id, action.from(), change.to, None, now).await?;
                // Read here: the tick may have begun a run since the campaign was found.
                let run = db::campaign::by_id(tx, tenant, id)
                    .await?
                    .and_then(|campaign| campaign.run);
                if let (true, Some(run)) = (won, run) {
                    db::run::move_on(tx, run, change.run_from, change.run_to, change.gate).await?;
                    if change.gate == Gate::Open {
                        db::chunk::hurry(tx, run, by).await?;
                    }
                }
                Ok(won)
            })
        })
        .await?;
    let campaign = settled_by(app, &campaign, won, action).await?;
    if let Some(run) = campaign.run {
        let confirmed = gate::confirmed(app, run).await;
        app.runs.wake(run);
        if !confirmed {
            return Err(unconfirmed(action));
        }
    }
    Ok(Json(campaign.into()))
}
