//! `PUT /v1/journeys/{id}`

use std::sync::Arc;

use axum::extract::State;
use chassis::http::{Auth, Body, IfMatch, PathId, Problem, Tagged};
use contract::JourneyId;

use super::transition::{changed, find, tag};
use super::types::{Journey, NewJourney};
use crate::app::App;
use crate::db;

/// Replaces the draft. What is published goes on as it is until the draft is published too. With `If-Match` only as it was
/// seen.
#[utoipa::path(put, path = "/v1/journeys/{id}", tag = "journeys", params(("id" = String, Path)), request_body = NewJourney,
    responses((status = 200, body = Journey), (status = 404, description = "not_found"),
        (status = 409, description = "journey.changed"), (status = 412, description = "etag.stale"), (status = 422, description = "journey.invalid")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<JourneyId>,
    seen: IfMatch,
    Body(new): Body<NewJourney>,
) -> Result<Tagged<Journey>, Problem> {
    let mut journey = find(&app, caller, id).await?;
    let before = tag(&journey);
    seen.check(&before)?;
    let draft = new.checked(app.cx.clock.now())?;
    if draft.name != journey.name {
        return Err(
            Problem::invalid("a journey keeps its name: its splits hang on it").error(
                "/definition/name",
                "field.invalid",
                format!("Its name is `{}`.", journey.name),
            ),
        );
    }
    journey.draft = draft;
    journey.templates = new.templates;
    journey.sender = new.sender;
    // It is never shown, so a draft that is sent back without it keeps it.
    journey.webhook_secret = new.webhook_secret.or(journey.webhook_secret);
    journey.updated_at = app.cx.clock.millis();
    let row = journey.clone();
    let write = app.cx.db.write(move |tx| {
        Box::pin(async move {
            let stands = db::journey::by_id_for_update(tx, row.tenant, id).await?;
            if stands.is_none_or(|stands| tag(&stands) != before) {
                return Ok(false);
            }
            db::journey::set_draft(tx, &row).await?;
            Ok(true)
        })
    });
    if !write.await? {
        return Err(changed());
    }
    Ok(Tagged(tag(&journey), journey.into()))
}
