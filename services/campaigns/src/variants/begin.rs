//! At the launch: the templates of all variants, and the partition of the run.

use axum::http::StatusCode;
use chassis::http::Problem;
use contract::renderer::{DescribeTemplate, TemplateDescribed};
use contract::{TemplateId, UnixMillis};

use super::definition::{Definition, Winner, basis_points};
use super::partition::{Letter, Partition, WinnerRule};
use crate::app::App;
use crate::db::campaign::Campaign;
use crate::lifecycle::State;

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
/// other. `template` is the campaign's own.
pub async fn frozen(
    app: &App,
    campaign: &Campaign,
    template: &TemplateDescribed,
    now: UnixMillis,
) -> anyhow::Result<Option<(Partition, bool)>> {
    if campaign.variants.is_none() && campaign.local_time.is_none() {
        return Ok(None);
    }
    let plain = Definition::default();
    let definition = campaign.variants.as_ref().unwrap_or(&plain);
    let mut letters = Vec::with_capacity(definition.variants.len());
    let mut opt_out_said = true;
    for variant in &definition.variants {
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
    // Who was launched in time has not missed anything, however late it starts.
    let launched_at = match campaign.schedule_at {
        Some(at) if campaign.state == State::Scheduled => at.min(now),
        _ => now,
    };
    let partition = Partition {
        campaign: campaign.id,
        letters,
        holdout: basis_points(definition.holdout_percent).unwrap_or(0),
        winner: definition
            .winner
            .as_ref()
            .map(|winner| rule(winner, now))
            .transpose()?,
        leaving: campaign.local_time.clone(),
        started_at: now,
        launched_at,
        valid_for_ms: campaign.valid_for_ms,
    };
    Ok(Some((partition, opt_out_said)))
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
