//! The lists and segments of an audience, as contacts knows them.

use axum::http::StatusCode;
use chassis::http::Problem;
use contract::contacts::{AudienceGap, PageAudience};

use crate::app::App;
use crate::db::campaign::Campaign;

/// Refuses a campaign for a list or a segment that does not exist.
pub async fn check(app: &App, campaign: &Campaign) -> Result<(), Problem> {
    let audience = &campaign.audience;
    let question = PageAudience {
        include: audience.include.clone(),
        exclude: audience.exclude.clone(),
        after: None,
        limit: 1,
    };
    let page = app.cx.bus.ask(campaign.tenant, &question).await?;
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
