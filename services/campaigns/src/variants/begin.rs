//! At the launch: the templates of all variants, and the partition of the run.

use axum::http::StatusCode;
use chassis::http::Problem;
use chrono::NaiveDateTime;
use contract::renderer::{DescribeTemplate, TemplateDescribed};
use contract::{TemplateId, UnixMillis};

use super::definition::{Definition, Winner, basis_points};
use super::partition::{Letter, Partition, WinnerRule};
use crate::app::App;
use crate::db::campaign::Campaign;
use crate::late_start;
use crate::lifecycle::State;
use crate::local_time::Leaving;
use crate::schedule::Recurrence;

async fn described(
    app: &App,
    campaign: &Campaign,
    template: TemplateId,
) -> anyhow::Result<Option<TemplateDescribed>> {
    let question = DescribeTemplate { template };
    Ok(app.cx.bus.ask(campaign.tenant, &question).await?)
}

/// Places of variants whose own templates are not published.
pub async fn unpublished(app: &App, campaign: &Campaign) -> anyhow::Result<Vec<usize>> {
    let mut missing = Vec::new();
    let variants = campaign.variants.iter().flat_map(|all| &all.variants);
    for (at, variant) in variants.enumerate() {
        if let Some(template) = variant.template
            && described(app, campaign, template).await?.is_none()
        {
            missing.push(at);
        }
    }
    Ok(missing)
}

/// How the audience of a run that begins now is cut, and whether every text of it says how to opt out; `None`: like any
/// other. `template` is the campaign's own. `slot`: the local time of the slot it begins for, where it recurs.
pub async fn frozen(
    app: &App,
    campaign: &Campaign,
    template: &TemplateDescribed,
    now: UnixMillis,
    slot: Option<NaiveDateTime>,
) -> anyhow::Result<Option<(Partition, bool)>> {
    if is_plain(campaign) {
        return Ok(None);
    }
    let variants = campaign.variants.iter().flat_map(|all| &all.variants);
    let mut letters = Vec::new();
    let mut opt_out_said = true;
    for variant in variants {
        let described = match variant.template {
            None => template.clone(),
            Some(own) => described(app, campaign, own).await?.ok_or_else(|| {
                let detail = "the template of a variant has no published version";
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                anyhow::Error::new(Problem::new(status, "template.not_published", detail))
            })?,
        };
        opt_out_said &= described.opt_out_said;
        letters.push(Letter {
            name: variant.name.clone(),
            weight: variant.weight,
            template: variant.template.unwrap_or(campaign.template),
            version: described.version,
            field_names: described.field_names,
        });
    }
    if letters.is_empty() {
        opt_out_said = template.opt_out_said;
    }
    let partition = cut(campaign, letters, now, slot)?;
    Ok(partition.map(|partition| (partition, opt_out_said)))
}

/// Everybody of it gets the same text, as soon as it starts.
const fn is_plain(campaign: &Campaign) -> bool {
    campaign.variants.is_none() && campaign.local_time.is_none()
}

/// The same with the texts given; `None`: like any other.
pub fn cut(
    campaign: &Campaign,
    letters: Vec<Letter>,
    now: UnixMillis,
    slot: Option<NaiveDateTime>,
) -> anyhow::Result<Option<Partition>> {
    if is_plain(campaign) {
        return Ok(None);
    }
    let plain = Definition::default();
    let definition = campaign.variants.as_ref().unwrap_or(&plain);
    let winner = definition.winner.as_ref();
    Ok(Some(Partition {
        campaign: campaign.id,
        letters,
        holdout: basis_points(definition.holdout_percent).unwrap_or(0),
        winner: winner.map(|winner| rule(winner, now)).transpose()?,
        leaving: leaving(campaign, slot),
        started_at: now,
        due_at: Some(late_start::due_at(campaign, now)),
        launched_at: launched_at(campaign, now),
        valid_for_ms: campaign.valid_for_ms,
    }))
}

/// When texts leave. By each contact's clock a slot is a local time.
fn leaving(campaign: &Campaign, slot: Option<NaiveDateTime>) -> Option<Leaving> {
    let rule = campaign.local_time.clone()?;
    let each_clock = campaign.recurrence().is_some_and(Recurrence::each_clock);
    Some(match slot.filter(|_| each_clock) {
        Some(local) => rule.at(local),
        None => rule,
    })
}

/// Local times before this are past. What was launched in time has missed nothing, however late it starts; a slot has
/// what was missed for longer than it may be late.
fn launched_at(campaign: &Campaign, now: UnixMillis) -> UnixMillis {
    match (campaign.recurrence(), campaign.schedule_at) {
        (Some(recurrence), _) => UnixMillis(now.0 - i64::from(recurrence.late_seconds) * 1000),
        (None, Some(at)) if campaign.state == State::Scheduled => at.min(now),
        _ => now,
    }
}

fn rule(winner: &Winner, now: UnixMillis) -> anyhow::Result<WinnerRule> {
    let unreadable = || anyhow::anyhow!("a stored rule for the winner cannot be read");
    let after = winner.after_ms().ok_or_else(unreadable)?;
    Ok(WinnerRule {
        metric: winner.metric,
        test: basis_points(winner.test_percent).ok_or_else(unreadable)?,
        decide_at: UnixMillis(now.0.saturating_add(after)),
        min_sample: winner.min_sample,
        confidence: winner.confidence,
        otherwise: winner.otherwise,
    })
}
