//! `POST /v1/campaigns/{id}/launch`

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use chassis::http::{Auth, PathId, Problem};
use contract::{CampaignId, UnixMillis};

use super::leaving;
use super::schedule;
use super::transition::{find_for, settled_by};
use super::types::Campaign;
use super::variants as api_variants;
use crate::app::App;
use crate::db::campaign::Campaign as Row;
use crate::lifecycle::{Action, State};
use crate::{db, recurring, start, variants};

/// Starts a campaign now, or at the time it is scheduled for.
#[utoipa::path(post, path = "/v1/campaigns/{id}/launch", tag = "campaigns", params(("id" = String, Path)),
    responses((status = 202, body = Campaign), (status = 409, description = "campaign.state"),
        (status = 422, description = "template.not_published, schedule.in_past")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<CampaignId>,
) -> Result<(StatusCode, Json<Campaign>), Problem> {
    let campaign = find_for(&app, caller, id, Action::Launch).await?;
    if let Some(problem) = api_variants::refused(&variants::unpublished(&app, &campaign).await?) {
        return Err(problem);
    }
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
    let once = campaign.schedule_at.map(UnixMillis::to_utc);
    let past = match &campaign.local_time {
        Some(rule) if rule.at.is_some() => leaving::is_past(rule, now),
        _ => once.and_then(|at| schedule::in_past(at, now.to_utc())),
    };
    if let Some(fault) = past {
        return Err(schedule::refused(vec![fault]));
    }
    let won = if campaign.recurs() {
        launch_recurring(&app, &campaign, now).await?
    } else if campaign.schedule_at.is_some_and(|at| at > now) {
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
        start::begin(&app, &campaign, State::Draft, template, None).await?
    };
    let campaign = settled_by(&app, &campaign, won, Action::Launch).await?;
    Ok((StatusCode::ACCEPTED, Json(campaign.into())))
}

/// From here on its slots are due.
async fn launch_recurring(app: &App, campaign: &Row, now: UnixMillis) -> Result<bool, Problem> {
    let (engine, row) = (app.cx.db.engine(), campaign.clone());
    let (won, has_slots) = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let from = [State::Draft];
                if !recurring::begin(tx, engine, &row, now).await? {
                    return Ok((false, false));
                }
                let won =
                    db::campaign::move_on(tx, row.id, &from, State::Scheduled, None, now).await?;
                Ok((won, true))
            })
        })
        .await?;
    if !has_slots {
        let detail = "The last slot of this schedule is past.".to_string();
        return Err(schedule::refused(vec![(
            "/schedule",
            "schedule.in_past",
            detail,
        )]));
    }
    app.timers.wake(now);
    Ok(won)
}
