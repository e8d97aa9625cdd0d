//! `GET /v1/campaigns/{id}/envelope`

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use chassis::http::{Auth, PathId, Problem};
use chrono::{DateTime, Utc};
use contract::accounts::Caller;
use contract::ids::KeyId;
use contract::{CampaignId, RunId, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use super::transition::find;
use crate::app::App;
use crate::db;
use crate::db::envelope::Decided;
use crate::db::run::{Run, RunState};
use crate::envelope::{
    self, Bound, Case, Decision, Envelope, Figures, Judgement, Money, Phase, Waiting,
};
use crate::lifecycle::State;
use crate::pace::Pace;
use crate::percent::Percent;

/// The envelope of a campaign, and where its last run stands in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnvelopeView {
    pub envelope: Envelope,
    pub state: State,
    pub state_reason: Option<String>,
    /// Of the last run; `null` before there is one.
    pub run: Option<RunView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RunView {
    #[schema(value_type = String)]
    pub run: RunId,
    pub phase: Phase,
    /// What it waits for; `null` while it is paused and once it has ended.
    pub waiting_for: Option<Waiting>,
    /// People of the canary; grows while the audience is being frozen.
    pub canary: u64,
    /// When the last of the canary was released.
    pub canary_released_at: Option<DateTime<Utc>>,
    /// Until when the canary is watched, at least.
    pub watched_until: Option<DateTime<Utc>>,
    pub figures: FiguresView,
    /// Bounds that a human has set aside.
    pub waived: Vec<Bound>,
    /// The first first.
    pub decisions: Vec<DecisionView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FiguresView {
    /// People released so far.
    pub released: u64,
    /// Texts with an outcome: handed over, failed or unknown.
    pub outcomes: u64,
    pub handed_over: u64,
    pub failed: u64,
    pub undelivered: u64,
    /// Of these, taken by a carrier's filter.
    pub filtered: u64,
    pub unknown: u64,
    pub opt_outs: u64,
    #[schema(value_type = f64)]
    pub error_percent: Percent,
    #[schema(value_type = f64)]
    pub filtered_percent: Percent,
    /// Of those handed over.
    #[schema(value_type = f64)]
    pub opt_out_percent: Percent,
    /// `null`: no bound asks for it, or it cannot be told just now.
    pub spend: Option<Money>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionView {
    pub at: DateTime<Utc>,
    pub decision: Decision,
    /// The bound that was left; `null` where it was widened.
    pub bound: Option<Bound>,
    /// What it was decided by.
    pub figures: FiguresView,
    /// Who widened by hand.
    #[schema(value_type = Option<String>)]
    pub key: Option<KeyId>,
}

/// The bounds of a campaign, the figures held against them, and what was decided.
#[utoipa::path(get, path = "/v1/campaigns/{id}/envelope", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = EnvelopeView), (status = 404, description = "not_found: also where it has none")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<CampaignId>,
) -> Result<Json<EnvelopeView>, Problem> {
    Ok(Json(view(&app, caller, id).await?))
}

pub async fn view(app: &App, caller: Caller, id: CampaignId) -> Result<EnvelopeView, Problem> {
    let campaign = find(app, caller, id).await?;
    let db = app.cx.db.read();
    let (run, pace) = match campaign.run {
        Some(run) => (
            db::run::by_id(db, run).await?,
            db::pace::by_run(db, run).await?,
        ),
        None => (None, None),
    };
    // A run keeps the envelope it began with.
    let of_run = pace.as_ref().and_then(|pace| pace.envelope.clone());
    let Some(envelope) = of_run.or(campaign.pace.envelope) else {
        return Err(Problem::not_found("envelope"));
    };
    let run = match (run, pace.filter(|pace| pace.envelope.is_some())) {
        (Some(run), Some(pace)) => Some(of_run_view(app, &run, &pace, &envelope).await?),
        _ => None,
    };
    Ok(EnvelopeView {
        envelope,
        state: campaign.state,
        state_reason: campaign.state_reason,
        run,
    })
}

async fn of_run_view(
    app: &App,
    run: &Run,
    pace: &Pace,
    envelope: &Envelope,
) -> anyhow::Result<RunView> {
    let figures = envelope::figures_with_spend(app, pace).await?;
    let canary = envelope.canary(run.recipients);
    let judgement = envelope::judge(&Case {
        envelope,
        phase: pace.phase,
        waived: &pace.waived,
        canary,
        canary_done_at: pace.canary_done_at,
        figures: &figures,
        now: app.cx.clock.millis(),
    });
    let waiting_for = match judgement {
        Judgement::Wait(waiting) if run.state == RunState::Running => Some(waiting),
        _ => None,
    };
    let currency = envelope.max_spend.as_ref().map(|max| max.currency.as_str());
    let watch_ms = envelope.watch_ms();
    let until = |done: UnixMillis| UnixMillis(done.0.saturating_add(watch_ms)).to_utc();
    let decisions = db::envelope::decisions(app.cx.db.read(), run.id).await?;
    Ok(RunView {
        run: run.id,
        phase: pace.phase,
        waiting_for,
        canary,
        canary_released_at: pace.canary_done_at.map(UnixMillis::to_utc),
        watched_until: pace.canary_done_at.map(until),
        figures: shown(&figures, currency),
        waived: pace.waived.clone(),
        decisions: decisions
            .iter()
            .map(|decided| decision(decided, currency))
            .collect::<anyhow::Result<_>>()?,
    })
}

fn decision(decided: &Decided, currency: Option<&str>) -> anyhow::Result<DecisionView> {
    let figures: Figures = serde_json::from_str(&decided.figures)?;
    Ok(DecisionView {
        at: decided.at.to_utc(),
        decision: decided.decision,
        bound: decided.bound,
        figures: shown(&figures, currency),
        key: decided.by_key,
    })
}

fn shown(figures: &Figures, currency: Option<&str>) -> FiguresView {
    let spend = figures.spend_micros.zip(currency);
    FiguresView {
        released: figures.released,
        outcomes: figures.sample(),
        handed_over: figures.handed_over,
        failed: figures.failed,
        undelivered: figures.undelivered,
        filtered: figures.filtered,
        unknown: figures.unknown,
        opt_outs: figures.opt_outs,
        error_percent: figures.error_percent(),
        filtered_percent: figures.filtered_percent(),
        opt_out_percent: figures.opt_out_percent(),
        spend: spend.map(|(amount_micros, currency)| Money {
            amount_micros,
            currency: currency.to_string(),
        }),
    }
}
