//! Whether a campaign may start now that its time has come: gathers what [`approval`](crate::approval) judges.

use contract::renderer::TemplateDescribed;

use super::{last, rules};
use crate::app::App;
use crate::approval::start::Start;
use crate::approval::{Refusal, Verdict, Versions, differ};
use crate::db;
use crate::db::approval::Approval;
use crate::db::campaign::Campaign;
use crate::preflight::brief::Brief;
use crate::preflight::versions;

/// Why it does not start.
#[derive(Debug)]
pub struct Held {
    pub refusal: Refusal,
    /// For its history: what has moved, or how many people are in the audience by now.
    pub note: String,
}

/// Asks again what the launch was asked, and what the approval was bound to; `None`: it may start.
pub async fn at_start(
    app: &App,
    campaign: &Campaign,
    template: &TemplateDescribed,
) -> anyhow::Result<Option<Held>> {
    let approval = db::approval::of(app.cx.db.read(), campaign.id).await?;
    match approval.filter(|approval| approval.verdict == Verdict::Approved) {
        Some(approved) => of_approved(app, campaign, template, &approved).await,
        None => of_unapproved(app, campaign, template).await,
    }
}

/// It is still what was approved. People come and go between the slots of a campaign that recurs, so its audience is
/// not compared.
async fn of_approved(
    app: &App,
    campaign: &Campaign,
    template: &TemplateDescribed,
    approved: &Approval,
) -> anyhow::Result<Option<Held>> {
    let brief = Brief::read(app, campaign, template.clone()).await?;
    let bound = &approved.bound.versions;
    let now = if campaign.recurs() {
        Versions {
            content: brief.content.clone(),
            template_version: brief.template_version,
            audience: bound.audience.clone(),
            policy: versions::policy(app, campaign.tenant, &brief).await?,
        }
    } else {
        versions::now(app, campaign.tenant, &brief).await?
    };
    let moved = differ(bound, &now);
    if moved.is_empty() {
        return Ok(None);
    }
    let named: Vec<&str> = moved.iter().map(|moved| moved.as_str()).collect();
    let note = format!("moved: {}", named.join(", "));
    Ok(Some(Held {
        refusal: Refusal::ApprovalVoid(moved),
        note,
    }))
}

/// It has not become so large or dear that it needs what its launch did without. Reads the whole audience where the
/// settings ask for anything.
async fn of_unapproved(
    app: &App,
    campaign: &Campaign,
    template: &TemplateDescribed,
) -> anyhow::Result<Option<Held>> {
    let rules = rules(app, campaign.tenant, campaign.mode).await?;
    if rules.ask_nothing() {
        return Ok(None);
    }
    let looked = last(app, campaign).await?;
    let seen = looked.and_then(|found| Some(found.report?.seen()));
    let brief = Brief::read(app, campaign, template.clone()).await?;
    let versions = versions::now(app, campaign.tenant, &brief).await?;
    let start = Start {
        rules: &rules,
        versions: &versions,
        looked: seen.as_ref(),
    };
    let count = versions.audience.count;
    Ok(start.judge().err().map(|refusal| Held {
        refusal,
        note: format!("people in the audience: {count}"),
    }))
}
