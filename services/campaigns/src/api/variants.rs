//! `GET /v1/campaigns/{id}/variants`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, PathId, Problem};
use contract::CampaignId;

use super::transition::find;
use crate::app::App;
use crate::db::campaign::Campaign;
use crate::variants::{Definition, Fault, Report};

/// How the variants stand: sums and receipts of each, the holdout, and the search for the winner.
#[utoipa::path(get, path = "/v1/campaigns/{id}/variants", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 200, body = Report), (status = 404, description = "not_found")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<CampaignId>,
) -> Result<Json<Report>, Problem> {
    let campaign = find(&app, caller, id).await?;
    let definition = campaign.variants.unwrap_or_default();
    let cut = match campaign.run {
        Some(run) => app.partitions.of(&app, run).await?.map(|cut| (run, cut)),
        None => None,
    };
    let report = match cut {
        Some((run, cut)) => Report::of_run(&app, &definition, run, &cut.partition).await?,
        None => Report::planned(&definition),
    };
    Ok(Json(report))
}

/// What a campaign keeps of its variants.
pub fn kept(definition: Definition) -> Option<Definition> {
    (!definition.is_plain()).then_some(definition)
}

/// Adds the faults of the variants to those of the rest, so that all are told at once.
pub fn check(campaign: &Campaign, rest: Result<(), Problem>) -> Result<(), Problem> {
    let mut faults = campaign
        .variants
        .as_ref()
        .map(Definition::faults)
        .unwrap_or_default();
    let winner = campaign
        .variants
        .as_ref()
        .and_then(|all| all.winner.as_ref());
    if winner.is_some() && campaign.by_each_clock() {
        let detail = "The rest of the audience would miss its local time while the winner is looked for; leave out one \
                      of `winner` and `timezone: contact`.";
        faults.push(Fault::new("/winner", "field.invalid", detail));
    }
    if faults.is_empty() {
        return rest;
    }
    let problem = rest.err().unwrap_or_else(|| {
        let detail = "the campaign cannot be saved like this";
        let status = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
        Problem::new(status, "campaign.invalid", detail)
    });
    let add =
        |problem: Problem, fault: Fault| problem.error(&fault.pointer, fault.code, fault.detail);
    Err(faults.into_iter().fold(problem, add))
}

/// 422 where variants have templates that are not published.
pub fn refused(unpublished: &[usize]) -> Option<Problem> {
    if unpublished.is_empty() {
        return None;
    }
    let (code, detail) = (
        "template.not_published",
        "a variant's template does not exist or has no published version",
    );
    let problem = Problem::new(axum::http::StatusCode::UNPROCESSABLE_ENTITY, code, detail);
    let add = |problem: Problem, at: &usize| {
        let pointer = format!("/variants/{at}/template");
        problem.error(&pointer, code, "Publish it first.")
    };
    Some(unpublished.iter().fold(problem, add))
}

/// The campaign as if it had this variant's text alone; its own where none is named.
pub fn only(mut campaign: Campaign, name: Option<&str>) -> Result<Campaign, Problem> {
    let all = campaign.variants.take().unwrap_or_default().variants;
    let Some(name) = name else {
        return Ok(campaign);
    };
    let Some(variant) = all.into_iter().find(|variant| variant.name == name) else {
        let (code, detail) = ("campaign.test_invalid", "the test cannot be sent like this");
        let status = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
        let wrong = "The campaign has no variant of this name.";
        return Err(Problem::new(status, code, detail).error("/variant", "field.invalid", wrong));
    };
    campaign.template = variant.template.unwrap_or(campaign.template);
    Ok(campaign)
}
