//! `PUT /v1/journeys/{id}`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use chassis::http::{Auth, Body, PathId, Problem};
use contract::JourneyId;

use super::transition::find;
use super::types::{Journey, NewJourney};
use crate::app::App;
use crate::db;

/// Replaces the draft. What is published goes on as it is until the draft is published too.
#[utoipa::path(put, path = "/v1/journeys/{id}", tag = "journeys", params(("id" = String, Path)), request_body = NewJourney,
    responses((status = 200, body = Journey), (status = 404, description = "not_found"), (status = 422, description = "journey.invalid")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    PathId(id): PathId<JourneyId>,
    Body(new): Body<NewJourney>,
) -> Result<Json<Journey>, Problem> {
    let mut journey = find(&app, caller, id).await?;
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
    app.cx
        .db
        .write(move |tx| Box::pin(async move { db::journey::set_draft(tx, &row).await }))
        .await?;
    Ok(Json(journey.into()))
}
