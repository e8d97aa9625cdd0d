//! `POST /v1/campaigns/{id}/launch`

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, IfMatch, PathId, Problem};
use contract::renderer::TemplateDescribed;
use contract::{CampaignId, KeyId, PreflightId, UnixMillis};
use serde::Deserialize;
use utoipa::ToSchema;

use super::audience_parts;
use super::leaving;
use super::schedule;
use super::transition::{find_for, settled_by, tag};
use super::types::Campaign;
use super::variants as api_variants;
use crate::app::App;
use crate::db::campaign::Campaign as Row;
use crate::lifecycle::{Action, State, Step};
use crate::{clearance, db, recurring, start, variants};

/// What a launch goes by; may be left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Launch {
    /// The launch is refused where the campaign is not what this preflight saw.
    #[schema(value_type = Option<String>)]
    pub preflight: Option<PreflightId>,
}

/// Starts a campaign now, or at the time it is scheduled for. With `If-Match` only as it was seen.
#[utoipa::path(post, path = "/v1/campaigns/{id}/launch", tag = "campaigns", params(("id" = String, Path)),
    request_body = Option<Launch>,
    responses((status = 202, body = Campaign), (status = 409, description = "campaign.state, campaign.changed, campaign.preflight_unfinished"),
        (status = 412, description = "etag.stale"),
        (status = 403, description = "campaign.preflight_required, campaign.approval_required"),
        (status = 422, description = "template.not_published, schedule.in_past, campaign.empty_audience, campaign.preflight_stale, campaign.approval_void")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    PathId(id): PathId<CampaignId>,
    seen: IfMatch,
    body: Option<Body<Launch>>,
) -> Result<(StatusCode, Json<Campaign>), Problem> {
    let campaign = find_for(&app, caller, id, Action::Launch).await?;
    seen.check(&tag(&campaign))?;
    if let Some(problem) = api_variants::refused(&variants::unpublished(&app, &campaign).await?) {
        return Err(problem);
    }
    let template = published(&app, &campaign).await?;
    let now = app.cx.clock.millis();
    let once = campaign.schedule_at.map(UnixMillis::to_utc);
    let past = match &campaign.local_time {
        Some(rule) if rule.at.is_some() => leaving::is_past(rule, now),
        _ => once.and_then(|at| schedule::in_past(at, now.to_utc())),
    };
    if let Some(fault) = past {
        return Err(schedule::refused(vec![fault]));
    }
    let named = body.and_then(|Body(launch)| launch.preflight);
    clearance::check_launch(&app, &campaign, &template, named).await?;
    let to = |state| Step::asked(Action::Launch, caller.key, state);
    let won = if campaign.recurs() {
        launch_recurring(&app, &campaign, caller.key, now).await?
    } else if campaign.schedule_at.is_some_and(|at| at > now) {
        let (row, step, bus) = (campaign.clone(), to(State::Scheduled), app.cx.bus.clone());
        app.cx
            .db
            .write(move |tx| {
                Box::pin(async move {
                    db::campaign::move_unchanged(tx, &bus, &row, &[row.state], &step, now).await
                })
            })
            .await?
    } else {
        audience_parts::check_somebody(&app, &campaign).await?;
        start::begin(&app, &campaign, to(State::Preparing), template, None).await?
    };
    let campaign = settled_by(&app, &campaign, won, Action::Launch).await?;
    Ok((StatusCode::ACCEPTED, Json(campaign.into())))
}

/// The campaign's template as it is published; 422 where it is not.
pub async fn published(app: &App, campaign: &Row) -> Result<TemplateDescribed, Problem> {
    let found = start::describe(app, campaign).await?;
    found.ok_or_else(|| {
        let detail = "the campaign's template does not exist or has no published version";
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "template.not_published",
            detail,
        )
        .error("/template", "template.not_published", "Publish it first.")
    })
}

/// From here on its slots are due.
async fn launch_recurring(
    app: &App,
    campaign: &Row,
    key: KeyId,
    now: UnixMillis,
) -> Result<bool, Problem> {
    if !recurring::comes(campaign, now)? {
        let detail = "The last slot of this schedule is past.".to_string();
        return Err(schedule::refused(vec![(
            "/schedule",
            "schedule.in_past",
            detail,
        )]));
    }
    let (engine, row, bus) = (app.cx.db.engine(), campaign.clone(), app.cx.bus.clone());
    let won = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let (from, step) = (
                    [row.state],
                    Step::asked(Action::Launch, key, State::Scheduled),
                );
                // First: the timer is set by the rule that was checked, and by the winner alone.
                let won = db::campaign::move_unchanged(tx, &bus, &row, &from, &step, now).await?;
                if won {
                    recurring::begin(tx, engine, &row, now).await?;
                }
                Ok(won)
            })
        })
        .await?;
    app.timers.wake(now);
    Ok(won)
}
