//! Whether a campaign may be launched: gathers what [`approval`](crate::approval) judges.

pub mod retry;
mod start;

use axum::http::StatusCode;
use chassis::http::Problem;
use contract::renderer::TemplateDescribed;
use contract::{Mode, PreflightId, TenantId};

use crate::app::App;
use crate::approval::{Finished, Launch, Moved, Own, Refusal, Rules, Versions, differ};
use crate::config::Config;
use crate::db;
use crate::db::approval::Approval;
use crate::db::campaign::Campaign;
use crate::db::preflight::{Preflight, PreflightState};
use crate::lifecycle::State;
use crate::preflight::brief::Brief;
use crate::preflight::versions;

pub use start::{Held, at_start};

/// What a tenant's launches need: its own settings over the installation's.
pub async fn rules(app: &App, tenant: TenantId, mode: Mode) -> anyhow::Result<Rules> {
    let own = db::setting::of(app.cx.db.read(), tenant, mode).await?;
    Ok(in_force(&app.config, &own.unwrap_or_default()))
}

pub fn in_force(config: &Config, own: &Own) -> Rules {
    let from = |own: Option<u64>, all: u64| Some(own.unwrap_or(all)).filter(|from| *from > 0);
    Rules {
        preflight_from: from(own.preflight_from, config.preflight_from),
        approval_from: from(own.approval_from, config.approval_from),
        approval_from_cost: own.approval_from_cost.clone(),
        preflight_lasts: i64::from(config.preflight_minutes) * 60_000,
        drift_percent: config.approval_drift_percent,
    }
}

/// Refuses a launch that lacks what the settings ask for, or that is not what was looked at or approved.
pub async fn check_launch(
    app: &App,
    campaign: &Campaign,
    template: &TemplateDescribed,
    named: Option<PreflightId>,
) -> Result<(), Problem> {
    let rules = rules(app, campaign.tenant, campaign.mode).await?;
    let approved = match campaign.state {
        State::Approved => db::approval::of(app.cx.db.read(), campaign.id).await?,
        _ => None,
    };
    if approved.is_none() && named.is_none() && rules.ask_nothing() {
        return Ok(());
    }
    let preflight = match named {
        Some(id) => Some(finished(app, campaign, id).await?),
        None => last(app, campaign).await?.and_then(|found| end_of(&found)),
    };
    let now = app.cx.clock.now();
    let brief = Brief::read(app, campaign, template.clone()).await?;
    let versions = versions::now(app, campaign.tenant, &brief).await?;
    let launch = Launch {
        rules: &rules,
        now: now.into(),
        versions: &versions,
        carried: named.is_some(),
        preflight: preflight.as_ref(),
        approved: approved.as_ref().map(|approval| &approval.bound),
    };
    launch.judge().map_err(|refusal| refused(&refusal))
}

/// The last preflight of a campaign that came to its end.
async fn last(app: &App, campaign: &Campaign) -> anyhow::Result<Option<Preflight>> {
    let done = Some(PreflightState::Succeeded);
    db::preflight::latest(app.cx.db.read(), campaign.id, done).await
}

fn end_of(preflight: &Preflight) -> Option<Finished> {
    Some(Finished {
        seen: preflight.report.as_ref()?.seen(),
        at: preflight.finished_at?,
    })
}

async fn finished(app: &App, campaign: &Campaign, id: PreflightId) -> Result<Finished, Problem> {
    let found = db::preflight::by_id(app.cx.db.read(), id).await?;
    let found = found.filter(|found| found.campaign == campaign.id);
    let found = found.ok_or_else(|| Problem::not_found("preflight of this campaign"))?;
    end_of(&found).ok_or_else(|| unfinished(&found))
}

/// 409: nobody knows yet what it found, or it found nothing.
fn unfinished(preflight: &Preflight) -> Problem {
    let detail = match preflight.state {
        PreflightState::Failed => "the preflight failed; ask for another one",
        _ => "the preflight is still under way; wait until it has succeeded",
    };
    Problem::new(
        StatusCode::CONFLICT,
        "campaign.preflight_unfinished",
        detail,
    )
}

/// The preflight to ask for an approval with: the one named, else the last one. It must show what stands there now.
pub async fn to_approve(
    app: &App,
    campaign: &Campaign,
    template: &TemplateDescribed,
    named: Option<PreflightId>,
) -> Result<(PreflightId, Finished), Problem> {
    let id = match named {
        Some(id) => id,
        None => match last(app, campaign).await? {
            Some(found) => found.id,
            None => return Err(refused(&Refusal::PreflightRequired)),
        },
    };
    let finished = finished(app, campaign, id).await?;
    let now = app.cx.clock.now();
    let brief = Brief::read(app, campaign, template.clone()).await?;
    let versions = versions::now(app, campaign.tenant, &brief).await?;
    let mut moved = differ(&finished.seen.versions, &versions);
    let rules = rules(app, campaign.tenant, campaign.mode).await?;
    if now.timestamp_millis() - finished.at.0 > rules.preflight_lasts {
        moved.push(Moved::Age);
    }
    if moved.is_empty() {
        Ok((id, finished))
    } else {
        Err(refused(&Refusal::PreflightStale(moved)))
    }
}

/// What has moved since somebody asked for this approval.
pub async fn moved_since(
    app: &App,
    campaign: &Campaign,
    template: &TemplateDescribed,
    approval: &Approval,
) -> anyhow::Result<Vec<Moved>> {
    let brief = Brief::read(app, campaign, template.clone()).await?;
    let now: Versions = versions::now(app, campaign.tenant, &brief).await?;
    Ok(differ(&approval.bound.versions, &now))
}

/// The answer to a launch that may not be.
pub fn refused(refusal: &Refusal) -> Problem {
    let code = refusal.code();
    match refusal {
        Refusal::PreflightRequired => Problem::new(
            StatusCode::FORBIDDEN,
            code,
            "look at what it would do first (POST …/preflight) and name the preflight in the launch",
        ),
        Refusal::ApprovalRequired => Problem::new(
            StatusCode::FORBIDDEN,
            code,
            "it is large or dear enough to need the approval of another key: POST …/submit, then POST …/approve",
        ),
        Refusal::PreflightStale(moved) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let detail = "the campaign is not what the preflight saw; ask for another one";
            naming(Problem::new(status, code, detail), code, moved)
        }
        Refusal::ApprovalVoid(moved) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let detail = "the campaign is not what was approved; submit it again";
            naming(Problem::new(status, code, detail), code, moved)
        }
    }
}

fn naming(problem: Problem, code: &str, moved: &[Moved]) -> Problem {
    moved.iter().fold(problem, |problem, moved| {
        problem.error(&format!("/{}", moved.as_str()), code, moved.said())
    })
}
