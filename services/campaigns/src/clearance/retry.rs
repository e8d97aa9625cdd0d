//! Whether those may be texted again whose text failed.

use axum::http::StatusCode;
use chassis::http::Problem;
use contract::RunId;

use super::{naming, rules};
use crate::app::App;
use crate::approval::retry::Retry as Asked;
use crate::approval::{AudienceVersion, Refusal, Verdict, Versions};
use crate::db;
use crate::db::campaign::Campaign;
use crate::db::preflight::Preflight;
use crate::db::run::Run;
use crate::preflight::brief::Brief;
use crate::preflight::versions;
use crate::retry::{self, Text};

/// Refuses a retry that is not what was approved, or that lacks what a launch for so many people would be asked for.
/// `last` is the run whose recipients are texted again.
pub async fn check(
    app: &App,
    campaign: &Campaign,
    text: &Text,
    last: &Run,
    sources: &[RunId],
    undelivered: bool,
) -> Result<(), Problem> {
    let rules = rules(app, campaign.tenant, campaign.mode).await?;
    let approval = db::approval::of(app.cx.db.read(), campaign.id).await?;
    let approval = approval.filter(|approval| approval.verdict == Verdict::Approved);
    if approval.is_none() && rules.ask_nothing() {
        return Ok(());
    }
    let looked = match &approval {
        Some(approval) => db::preflight::by_id(app.cx.db.read(), approval.preflight).await?,
        None => super::last(app, campaign).await?,
    };
    let people = match &approval {
        // Whom it was approved for, however many they are.
        Some(_) => 0,
        None => retry::people(app, last, sources, undelivered, rules.enough_people()).await?,
    };
    let versions = now(app, campaign, text, looked.as_ref()).await?;
    let seen = looked.and_then(|found| Some(found.report?.seen()));
    let asked = Asked {
        rules: &rules,
        versions: &versions,
        people,
        looked: seen.as_ref(),
        approved: approval.as_ref().map(|approval| &approval.bound),
    };
    asked.judge().map_err(|refusal| refused(&refusal))
}

/// The words and policies of the retry, as they would show to the preflight it is compared with.
async fn now(
    app: &App,
    campaign: &Campaign,
    text: &Text,
    looked: Option<&Preflight>,
) -> anyhow::Result<Versions> {
    let mut campaign = campaign.clone();
    if let Some(looked) = looked {
        // How fast it goes may be changed under way by any key, and is nothing that people are sent.
        campaign.pace.throttle = looked.brief.throttle;
    }
    let cut = text.partition.clone();
    let cut = cut.map(|partition| (partition, text.template.opt_out_said));
    let brief = Brief::of(&campaign, text.template.clone(), cut, app.cx.clock.now());
    let policy = versions::policy(app, campaign.tenant, &brief).await?;
    Ok(Versions {
        content: brief.content,
        template_version: brief.template_version,
        audience: AudienceVersion {
            digest: String::new(),
            count: 0,
        },
        policy,
    })
}

/// The answer to a retry that may not be.
fn refused(refusal: &Refusal) -> Problem {
    match refusal {
        Refusal::ApprovalVoid(moved) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            let code = "campaign.approval_void";
            let detail = "the retry is not what was approved; with {\"template\": \"as_sent\"} it keeps to the text that was \
                          sent, and what else has moved needs a campaign of its own for these people, with its approval";
            naming(Problem::new(status, code, detail), code, moved)
        }
        Refusal::ApprovalRequired => Problem::new(
            StatusCode::FORBIDDEN,
            "campaign.approval_required",
            "the retry is large or dear enough to need the approval of another key, and the campaign has none; make a \
             campaign of its own for these people, submit it and have it approved",
        ),
        Refusal::PreflightRequired | Refusal::PreflightStale(_) => Problem::new(
            StatusCode::FORBIDDEN,
            "campaign.preflight_required",
            "no preflight of the campaign saw this text under these policies; with {\"template\": \"as_sent\"} the retry \
             keeps to the text that was sent, else make a campaign of its own for these people and look at that",
        ),
    }
}
