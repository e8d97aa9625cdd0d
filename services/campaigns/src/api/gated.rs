//! Transitions that change what consent lets through: pause, resume, cancel.

use axum::Json;
use chassis::http::Problem;
use chassis::{Engine, Tx};
use contract::accounts::Caller;
use contract::consent::Gate;
use contract::{CampaignId, UnixMillis};

use super::transition::{find_for, settled_by, unconfirmed};
use super::types::Campaign;
use crate::app::App;
use crate::db::campaign::Campaign as Row;
use crate::db::run::{Run, RunState};
use crate::lifecycle::{Action, State, Step};
use crate::release::later;
use crate::{db, gate, recurring, timers};

/// What becomes of a campaign, of its run, and of the run's gate.
pub struct Change {
    pub action: Action,
    pub to: State,
    pub run_from: &'static [RunState],
    pub run_to: RunState,
    pub gate: Gate,
}

impl Change {
    /// Where a campaign goes whose run stands so: what was not frozen when it was paused is prepared on.
    fn leads_to(&self, run: Option<&Run>) -> State {
        let unfrozen = run.is_some_and(|run| run.state == RunState::Paused && !run.frozen);
        match self.to {
            State::Running if unfrozen => State::Preparing,
            to => to,
        }
    }
}

/// Commits the change, then answers once consent has confirmed the gate.
pub async fn carry_out(
    app: &App,
    caller: Caller,
    id: CampaignId,
    change: &'static Change,
) -> Result<Json<Campaign>, Problem> {
    let action = change.action;
    let found = find_for(app, caller, id, action).await?;
    let (tenant, now) = (caller.tenant, app.cx.clock.millis());
    let (engine, bus, key) = (app.cx.db.engine(), app.cx.bus.clone(), caller.key);
    let by = later(now, app.config.restart_grace());
    let before = found.clone();
    let won = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                // Locked in the order in which slots, freezing and closing do it: timers, run, campaign.
                timers::hold(tx, engine, id.uuid()).await?;
                let run = match found.run {
                    Some(run) => db::run::by_id_for_update(tx, engine, run).await?,
                    None => None,
                };
                let to = change.leads_to(run.as_ref());
                let step = Step::asked(action, key, to);
                let won = db::campaign::move_on(tx, &bus, id, action.from(), &step, now).await?;
                if !won {
                    return Ok(false);
                }
                // Read here: the tick may have begun a run since the campaign was found.
                let Some(campaign) = db::campaign::by_id(tx, tenant, id).await? else {
                    return Ok(false);
                };
                let mut open = false;
                if let Some(run) = campaign.run {
                    open = db::run::move_on(tx, run, change.run_from, change.run_to, change.gate)
                        .await?;
                    if change.gate == Gate::Open {
                        db::chunk::hurry(tx, run, by).await?;
                    }
                }
                let goes_on = schedule(tx, engine, &campaign, change.gate, now).await?;
                if change.gate == Gate::Open && !open {
                    // No run to go on with: it waits for its time again.
                    let waits = if goes_on {
                        State::Scheduled
                    } else {
                        State::Completed
                    };
                    let step = Step::asked(action, key, waits);
                    db::campaign::move_on(tx, &bus, id, &[to], &step, now).await?;
                }
                Ok(true)
            })
        })
        .await?;
    let campaign = settled_by(app, &before, won, action).await?;
    app.timers.wake(now);
    if let Some(run) = campaign.run {
        let confirmed = gate::confirmed(app, run).await;
        app.runs.wake(run);
        if !confirmed {
            return Err(unconfirmed(action));
        }
    }
    Ok(Json(campaign.into()))
}

/// What the change means for slots that are due or to come. Whether a time is still to come.
async fn schedule(
    tx: &Tx,
    engine: Engine,
    campaign: &Row,
    gate: Gate,
    now: UnixMillis,
) -> anyhow::Result<bool> {
    if !campaign.recurs() {
        return Ok(campaign.schedule_at.is_some());
    }
    match gate {
        Gate::Open => return recurring::resume(tx, engine, campaign, now).await,
        Gate::Paused => recurring::pause(tx, campaign.id).await?,
        Gate::Cancelled => recurring::cancel(tx, campaign.id).await?,
    }
    Ok(false)
}
