//! `POST /v1/campaigns/{id}/launch`

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use chassis::http::{Auth, PathId, Problem};
use contract::CampaignId;

use super::transition::{find_for, settled_by};
use super::types::Campaign;
use crate::app::App;
use crate::lifecycle::{Action, State};
use crate::{db, start};

/// Starts a campaign now, or at the time it is scheduled for.
#[utoipa::path(post, path = "/v1/campaigns/{id}/launch", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 202, body = Campaign), (status = 409, description = "campaign.state"),
        (status = 422, description = "template.not_published")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<CampaignId>,
) -> Result<(StatusCode, Json<Campaign>), Problem> {
    let campaign = find_for(&app, caller, id, Action::Launch).await?;
    let Some(template) = start::describe(&app, &campaign).await? else {
        let detail = "the campaign's template does not exist or has no published version";
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "template.not_published",
            detail,
        )
        .error("/template", "template.not_published", "Publish it first."));
    };
    let now = app.cx.clock.millis();
    let won = if campaign.schedule_at.is_some_and(|at| at > now) {
        app.cx
            .db
            .write(move |tx| {
                Box::pin(async move {
                    db::campaign::move_on(tx, id, &[State::Draft], State::Scheduled, None, now)
                        .await
                })
            })
            .await?
    } else {
        start::begin(&app, &campaign, State::Draft, template).await?
    };
    let campaign = settled_by(&app, &campaign, won, Action::Launch).await?;
    Ok((StatusCode::ACCEPTED, Json(campaign.into())))
}
