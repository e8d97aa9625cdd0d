//! The lists and segments of an audience, as contacts knows them.

use axum::http::StatusCode;
use chassis::http::Problem;
use contract::contacts::{AudienceGap, AudiencePage, PageAudience};

use crate::app::App;
use crate::db::campaign::Campaign;

/// Somebody of an audience, if there is anybody.
async fn anybody(app: &App, campaign: &Campaign) -> anyhow::Result<AudiencePage> {
    let question = PageAudience {
        include: campaign.audience.include.clone(),
        exclude: campaign.audience.exclude.clone(),
        after: None,
        limit: 1,
    };
    Ok(app.cx.bus.ask(campaign.tenant, &question).await?)
}

/// Refuses a launch that would text nobody. What cannot be looked up now is found out when the audience is frozen.
pub async fn check_somebody(app: &App, campaign: &Campaign) -> Result<(), Problem> {
    let page = anybody(app, campaign).await?;
    if page.gap.is_some() || !page.done || !page.contacts.is_empty() {
        return Ok(());
    }
    let detail = "nobody is in the audience of this campaign";
    let mend = "Add contacts to its lists, widen its segments, or leave fewer out in `exclude`.";
    let problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "campaign.empty_audience",
        detail,
    );
    Err(problem.error("/audience", "campaign.empty_audience", mend))
}

/// Refuses a campaign for a list or a segment that does not exist.
pub async fn check(app: &App, campaign: &Campaign) -> Result<(), Problem> {
    let audience = &campaign.audience;
    let page = anybody(app, campaign).await?;
    let Some(AudienceGap::Gone(gone)) = page.gap else {
        return Ok(());
    };
    let place = |parts: &[_]| parts.iter().position(|part| *part == gone);
    let pointer = match (place(&audience.include), place(&audience.exclude)) {
        (Some(at), _) => format!("/audience/include/{at}"),
        (None, Some(at)) => format!("/audience/exclude/{at}"),
        (None, None) => "/audience".to_string(),
    };
    let problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "campaign.invalid",
        "the campaign cannot be saved like this",
    );
    Err(problem.error(&pointer, "audience.unknown", format!("There is no {gone}.")))
}
