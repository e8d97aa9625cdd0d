//! `GET /v1/analytics/campaigns/{id}/funnel`

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use chrono::{DateTime, Utc};
use contract::chunk::Outcome;
use contract::{CampaignId, Reason, RunId, TenantId, UnixMillis};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::db::people::{self, Reaction};
use crate::db::restatements::{self, Changes};
use crate::db::rollup::{self, Sum};
use crate::db::runs::{self, Run};
use crate::horizon::Horizon;

/// What became of a campaign's recipients. At every instant:
/// recipients = suppressed + cancelled + expired + failed + unknown + handed_over + pending.
#[derive(Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Funnel {
    #[schema(value_type = Option<String>)]
    pub campaign: Option<CampaignId>,
    #[schema(value_type = Vec<String>)]
    pub runs: Vec<RunId>,
    pub recipients: i64,
    /// By reason.
    pub suppressed: BTreeMap<String, i64>,
    pub cancelled: i64,
    pub expired: i64,
    /// By reason.
    pub failed: BTreeMap<String, i64>,
    pub unknown: i64,
    /// Taken by a carrier: `awaiting_receipt` + `delivered` + `undelivered`.
    pub handed_over: i64,
    pub awaiting_receipt: i64,
    pub delivered: i64,
    pub undelivered: i64,
    pub pending: i64,
    /// Segments that may have gone on the air.
    pub segments: i64,
    pub replies: u64,
    pub opt_outs: u64,
    #[schema(value_type = Option<String>)]
    pub as_of: Option<DateTime<Utc>>,
    /// A run is open, outcomes of a closed one are still to be counted here, or receipts may still come and move texts
    /// on to `delivered` or `undelivered`.
    pub provisional: bool,
    /// 1 once every run has closed and each of its texts is counted, as `GET /v1/campaigns/{id}/progress` says it; one more each time the numbers are
    /// restated there, or change here after they were no longer provisional. `null` until then.
    pub revision: Option<i64>,
    /// When they last changed after they had been stated.
    #[schema(value_type = Option<String>)]
    pub restated_at: Option<DateTime<Utc>>,
}

/// Counts of one campaign over all its runs.
#[utoipa::path(get, path = "/v1/analytics/campaigns/{id}/funnel", tag = "analytics", params(("id" = String, Path)),
    responses((status = 200, body = Funnel), (status = 404, description = "no run of it has begun")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<CampaignId>,
) -> Result<Json<Funnel>, Problem> {
    // Sums before recipients: a run that starts in between makes `pending` too big, never negative.
    let sums = rollup::of_campaign(&app.db, caller.tenant, id).await?;
    let runs = runs::of_campaign(&app.db, caller.tenant, id).await?;
    if runs.is_empty() {
        return Err(Problem::not_found("campaign with a run"));
    }
    let late = restatements::of_campaign(&app.db, caller.tenant, id).await?;
    let now = app.clock.millis();
    let mut funnel = count(&sums, &runs);
    funnel.campaign = Some(id);
    funnel.as_of = Some(now.to_utc());
    funnel.state(&runs, late, app.config.horizon(), now);
    for run in &runs {
        funnel.replies += reactions(&app, caller.tenant, run, Reaction::Reply).await?;
        funnel.opt_outs += reactions(&app, caller.tenant, run, Reaction::OptOut).await?;
    }
    Ok(Json(funnel))
}

async fn reactions(
    app: &App,
    tenant: TenantId,
    run: &Run,
    reaction: Reaction,
) -> anyhow::Result<u64> {
    let Some(from) = run.started_at else {
        return Ok(0);
    };
    let to = from
        .0
        .saturating_add(app.config.attribution_days.saturating_mul(86_400_000));
    people::reactions(
        &app.db,
        tenant,
        reaction,
        (from.0, to),
        runs::key_range(run.no),
    )
    .await
}

impl Funnel {
    /// Says how final its counts are. `late`: changes of hours whose sums had been final.
    fn state(&mut self, runs: &[Run], late: Changes, horizon: Horizon, now: UnixMillis) {
        let closed: Option<Vec<UnixMillis>> = runs.iter().map(|run| run.closed_at).collect();
        // While outcomes are missing here, these are not the sums that campaigns stated: events of runs and of texts
        // come on ways of their own.
        let Some(closed) = closed.filter(|_| self.pending == 0) else {
            self.provisional = true;
            return;
        };
        // What a look-up did not find may be named by a receipt after all.
        let not_taken = self.failed.get(Reason::NOT_TAKEN.as_str());
        let may_rise = self.unknown + self.awaiting_receipt + self.undelivered > 0
            || not_taken.is_some_and(|texts| *texts > 0);
        self.provisional = may_rise && !closed.iter().all(|at| horizon.run_is_final(*at, now));
        let again: i64 = runs
            .iter()
            .filter_map(|run| run.revision)
            .map(|n| n - 1)
            .sum();
        self.revision = Some(1 + again + late.count);
        let restated = runs.iter().filter_map(|run| run.restated_at).chain(late.at);
        self.restated_at = restated.max().map(UnixMillis::to_utc);
    }
}

fn count(sums: &[Sum], runs: &[Run]) -> Funnel {
    let mut funnel = Funnel {
        runs: runs.iter().map(|run| run.run).collect(),
        ..Funnel::default()
    };
    funnel.recipients = runs.iter().filter_map(|run| run.recipients).sum();
    let mut settled = 0;
    for sum in sums.iter().filter(|sum| sum.messages != 0) {
        settled += sum.messages;
        funnel.segments += sum.segments;
        match Outcome::from_rank(sum.rank) {
            Some(Outcome::Suppressed) => {
                *funnel.suppressed.entry(sum.reason.clone()).or_default() += sum.messages;
            }
            Some(Outcome::Failed) => {
                *funnel.failed.entry(sum.reason.clone()).or_default() += sum.messages;
            }
            Some(Outcome::Cancelled) => funnel.cancelled += sum.messages,
            Some(Outcome::Expired) => funnel.expired += sum.messages,
            Some(Outcome::Unknown) => funnel.unknown += sum.messages,
            Some(Outcome::HandedOver) => funnel.awaiting_receipt += sum.messages,
            Some(Outcome::Delivered) => funnel.delivered += sum.messages,
            Some(Outcome::Undelivered) => funnel.undelivered += sum.messages,
            Some(Outcome::Pending | Outcome::Held) | None => settled -= sum.messages,
        }
    }
    funnel.handed_over = funnel.awaiting_receipt + funnel.delivered + funnel.undelivered;
    // Until the audience is frozen its size is unknown; outcomes may be here before it.
    funnel.recipients = funnel.recipients.max(settled);
    funnel.pending = funnel.recipients - settled;
    funnel
}

#[cfg(test)]
#[path = "funnel_tests.rs"]
mod tests;
