//! Carries out what the judge said: once, in one transaction with its record.

use chassis::{Bus, Tx};
use contract::consent::Gate;
use contract::ids::KeyId;
use contract::{RunId, UnixMillis};

use super::{Bound, Figures, Judgement, OnBreach, Phase};
use crate::app::App;
use crate::db;
use crate::db::envelope::Decided;
use crate::db::run::{Run, RunState};
use crate::lifecycle::{State, Step};
use crate::pace::Pace;
use crate::{recurring, timers};

/// What was decided about a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The canary did well: everybody may go.
    Widen,
    /// A human said that everybody may go.
    WidenByHand,
    /// A bound was left: the campaign is paused.
    Hold,
    /// A bound was left: the campaign is cancelled.
    Stop,
}

impl Decision {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Widen => "widen",
            Self::WidenByHand => "widen_by_hand",
            Self::Hold => "hold",
            Self::Stop => "stop",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Widen, Self::WidenByHand, Self::Hold, Self::Stop]
            .into_iter()
            .find(|decision| decision.as_str() == text)
    }
}

/// Carries it out if the run still stands as it was judged. True if it did.
pub async fn act(
    app: &App,
    judged: &Pace,
    judgement: Judgement,
    figures: &Figures,
) -> anyhow::Result<bool> {
    let (engine, now) = (app.cx.db.engine(), app.cx.clock.millis());
    let (judged, figures, bus) = (judged.clone(), figures.clone(), app.cx.bus.clone());
    app.cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                if let Some(run) = db::run::by_id(tx, judged.run).await? {
                    timers::hold(tx, engine, run.campaign.uuid()).await?;
                }
                let Some(run) = db::run::by_id_for_update(tx, engine, judged.run).await? else {
                    return Ok(false);
                };
                let pace = db::pace::by_run_for_update(tx, engine, judged.run).await?;
                let Some(mut pace) = pace else {
                    return Ok(false);
                };
                // What a human did in between wins: a pause, a widening, bounds set aside.
                let stands = (pace.phase, &pace.waived) == (judged.phase, &judged.waived);
                if run.state != RunState::Running || !stands {
                    return Ok(false);
                }
                let (decision, bound) = match judgement {
                    Judgement::Wait(_) => return Ok(false),
                    Judgement::Widen => {
                        pace.phase = Phase::Wide;
                        db::pace::save(tx, &pace).await?;
                        (Decision::Widen, None)
                    }
                    Judgement::Breach(bound) => {
                        let on_breach = pace.envelope.as_ref().map(|envelope| envelope.on_breach);
                        let on_breach = on_breach.unwrap_or_default();
                        end(tx, &bus, &run, bound, on_breach, now).await?;
                        let decision = match on_breach {
                            OnBreach::Stop => Decision::Stop,
                            OnBreach::Hold => Decision::Hold,
                        };
                        (decision, Some(bound))
                    }
                };
                record(tx, run.id, (decision, bound), &figures, None, now).await?;
                tracing::info!(run = %run.id, decision = decision.as_str(), bound = bound.map_or("", Bound::as_str),
                    "an envelope decided");
                Ok(true)
            })
        })
        .await
}

/// Writes a decision down.
pub async fn record(
    tx: &Tx,
    run: RunId,
    (decision, bound): (Decision, Option<Bound>),
    figures: &Figures,
    by_key: Option<KeyId>,
    at: UnixMillis,
) -> anyhow::Result<()> {
    let decided = Decided {
        at,
        decision,
        bound,
        figures: serde_json::to_string(figures)?,
        by_key,
    };
    db::envelope::decide(tx, run, &decided).await
}

/// Pauses or cancels the campaign of a run that is running.
async fn end(
    tx: &Tx,
    bus: &Bus,
    run: &Run,
    bound: Bound,
    on_breach: OnBreach,
    now: UnixMillis,
) -> anyhow::Result<()> {
    let (state, run_state, gate) = match on_breach {
        OnBreach::Hold => (State::Paused, RunState::Paused, Gate::Paused),
        OnBreach::Stop => (State::Cancelled, RunState::Cancelled, Gate::Cancelled),
    };
    let from = [State::Preparing, State::Running];
    db::run::move_on(tx, run.id, &[RunState::Running], run_state, gate).await?;
    let step = Step::own("judge", state).because(Some(bound.state_reason()));
    db::campaign::move_on(tx, bus, run.campaign, &from, &step, now).await?;
    let campaign = db::campaign::by_id(tx, run.tenant, run.campaign).await?;
    if campaign.is_some_and(|campaign| campaign.recurs()) {
        match on_breach {
            OnBreach::Hold => recurring::pause(tx, run.campaign).await?,
            OnBreach::Stop => recurring::cancel(tx, run.campaign).await?,
        }
    }
    Ok(())
}
