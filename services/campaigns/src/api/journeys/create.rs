//! `POST /v1/journeys`

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, Problem};
use contract::JourneyId;

use super::types::{Journey, NewJourney};
use crate::app::App;
use crate::db;
use crate::journeys::state::State;

/// Saves a draft. Nothing starts before it is published.
#[utoipa::path(post, path = "/v1/journeys", tag = "journeys", request_body = NewJourney,
    responses((status = 201, body = Journey), (status = 409, description = "journey.exists"), (status = 422, description = "journey.invalid")))]
pub async fn handle(
    Auth(caller): Auth,
    Shared(app): Shared<Arc<App>>,
    Body(new): Body<NewJourney>,
) -> Result<(StatusCode, Json<Journey>), Problem> {
    let draft = new.checked(app.cx.clock.now())?;
    let now = app.cx.clock.now();
    let journey = db::journey::Journey {
        id: JourneyId::at(now),
        tenant: caller.tenant,
        name: draft.name.clone(),
        mode: caller.mode,
        state: State::Draft,
        draft,
        templates: new.templates,
        sender: new.sender,
        webhook_secret: new.webhook_secret,
        version: 0,
        starts: None,
        says: Default::default(),
        created_at: now.into(),
        updated_at: now.into(),
    };
    let row = journey.clone();
    let inserted = app
        .cx
        .db
        .write(move |tx| Box::pin(async move { db::journey::insert(tx, &row).await }))
        .await?;
    if !inserted {
        let detail = format!(
            "there is a journey `{}` already; change its draft with PUT, or take another name",
            journey.name
        );
        return Err(Problem::new(StatusCode::CONFLICT, "journey.exists", detail));
    }
    Ok((StatusCode::CREATED, Json(journey.into())))
}
