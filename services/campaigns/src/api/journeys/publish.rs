//! `POST /v1/journeys/{id}/publish`

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, IfMatch, PathId, Problem, Tagged};
use contract::renderer::DescribeTemplate;
use contract::{AudiencePart, JourneyId, SegmentId, TemplateId};

use super::transition::{changed, find, tag};
use super::types::Journey;
use crate::app::App;
use crate::db;
use crate::journey::clocks;
use crate::journey::model::Trigger;
use crate::journey::version::{Start, Version, starts_with};
use crate::journeys::{Refusal, Shortest, check, slots, too_frequent};

/// Makes a version of the draft. New runs get it; runs under way stay on theirs. A draft with a fault replaces nothing.
/// The first version sets the journey running; later ones leave its state as it is: one that is paused stays paused.
/// With `If-Match` only as it was seen.
#[utoipa::path(post, path = "/v1/journeys/{id}/publish", tag = "journeys", params(("id" = String, Path)),
    responses((status = 200, body = Journey), (status = 409, description = "journey.changed"), (status = 412, description = "etag.stale"), (status = 422, description = "journey.unpublishable")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<JourneyId>,
    seen: IfMatch,
) -> Result<Tagged<Journey>, Problem> {
    let mut journey = find(&app, caller, id).await?;
    let before = tag(&journey);
    seen.check(&before)?;
    let version =
        Version::compile(&journey.draft).map_err(|error| Problem::internal(&error.into()))?;
    let others = db::journey::published(app.cx.db.read(), caller.tenant).await?;
    let others: Vec<_> = others
        .into_iter()
        .filter(|other| other.mode == journey.mode)
        .filter_map(|other| Some((other.name, other.starts?, other.says)))
        .collect();
    let mut refusals = check(
        &journey.draft,
        &version,
        &journey.templates,
        journey.sender.as_deref(),
        &others,
    );
    for (_, send) in version.sends() {
        let bound: Option<TemplateId> = journey
            .templates
            .get(&send.template)
            .copied()
            .or_else(|| send.template.parse().ok());
        if let Some(template) = bound
            && app
                .cx
                .bus
                .ask(caller.tenant, &DescribeTemplate { template })
                .await?
                .is_none()
        {
            let detail = format!("The template {template} is not published.");
            refusals.push(Refusal {
                pointer: format!("/templates/{}", send.template),
                code: "template.not_published",
                detail,
            });
        }
    }
    if let Start::Schedule {
        audience: Some(audience),
        ..
    } = &version.trigger
        && let Ok(part) = audience.parse::<AudiencePart>()
        && !slots::knows(&app, caller.tenant, part).await?
    {
        refusals.push(Refusal {
            pointer: "/trigger/audience".to_string(),
            code: "audience.unknown",
            detail: format!("There is no {part}."),
        });
    }
    if let Trigger::Segment { segment, .. } = &journey.draft.trigger
        && let Ok(segment) = segment.parse::<SegmentId>()
        && !slots::knows(&app, caller.tenant, segment.into()).await?
    {
        refusals.push(Refusal {
            pointer: "/trigger/segment".to_string(),
            code: "segment.unknown",
            detail: format!("There is no {segment}."),
        });
    }
    if let Start::Schedule {
        slots, each_clock, ..
    } = &version.trigger
        && clocks::next(slots, *each_clock, app.cx.clock.now()).is_none()
    {
        refusals.push(Refusal {
            pointer: "/trigger/schedule".to_string(),
            code: "schedule.in_past",
            detail: "The last slot of this schedule is past: nobody would ever enter.".to_string(),
        });
    }
    let minutes = |minutes: u32| chrono::Duration::minutes(i64::from(minutes));
    let shortest = Shortest {
        marketing: minutes(app.config.recurring_shortest_minutes_marketing),
        other: minutes(app.config.recurring_shortest_minutes),
    };
    let now = app.cx.clock.now();
    refusals.extend(too_frequent(&journey.draft, &version, shortest, now));
    if !refusals.is_empty() {
        let problem = Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "journey.unpublishable",
            "the draft cannot be published like this; what is published goes on",
        );
        return Err(refusals.into_iter().fold(problem, |problem, refusal| {
            problem.error(&refusal.pointer, refusal.code, refusal.detail)
        }));
    }
    let new = db::journey::Published {
        journey: id,
        version: journey.version + 1,
        hash: crate::journey::hash(&journey.draft),
        definition: journey.draft.clone(),
        templates: journey.templates.clone(),
        sender: journey.sender.clone(),
        published_at: app.cx.clock.millis(),
    };
    journey.version = new.version;
    journey.updated_at = new.published_at;
    let (engine, now, tenant) = (app.cx.db.engine(), new.published_at, caller.tenant);
    let (starts, says) = (starts_with(&journey.draft), version.says());
    let published = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                // What is published is what was checked: nobody has put another draft there since.
                let stands = db::journey::by_id_for_update(tx, tenant, id).await?;
                if stands.is_none_or(|stands| tag(&stands) != before) {
                    return Ok(None);
                }
                let contests = version.contests.len();
                let published = db::journey::publish(tx, &new, starts, &says, contests).await?;
                if published.is_some() {
                    slots::plan(tx, engine, id, &version, now).await?;
                }
                Ok(published)
            })
        })
        .await?;
    let Some(state) = published else {
        return Err(changed());
    };
    journey.state = state;
    app.timers.wake(now);
    Ok(Tagged(tag(&journey), journey.into()))
}
