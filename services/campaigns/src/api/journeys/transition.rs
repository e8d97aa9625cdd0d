//! What the endpoints share: finding a journey, and moving it from one state to another.

use axum::http::StatusCode;
use chassis::http::Problem;
use contract::JourneyId;
use contract::accounts::Caller;

use super::types::Journey;
use crate::app::App;
use crate::db;
use crate::journeys::state::State;

pub async fn find(
    app: &App,
    caller: Caller,
    id: JourneyId,
) -> Result<db::journey::Journey, Problem> {
    let found = db::journey::by_id(app.cx.db.read(), caller.tenant, id).await?;
    found
        .filter(|journey| journey.mode == caller.mode)
        .ok_or_else(|| Problem::not_found("journey"))
}

/// The tag of a draft and of the version that was made last: another one after each change and each publishing.
pub fn tag(journey: &db::journey::Journey) -> String {
    let what = serde_json::json!([journey.templates, journey.sender]);
    let rest = hash_of(&what.to_string());
    let draft = crate::journey::hash(&journey.draft);
    format!("{}.{}.{}", journey.version, &draft[..16], &rest[..16])
}

fn hash_of(text: &str) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(text))
}

/// 409: what was looked at is not what stands there.
pub fn changed() -> Problem {
    let detail =
        "somebody else changed or published the journey meanwhile; look at it and try again";
    Problem::new(StatusCode::CONFLICT, "journey.changed", detail)
}

/// Moves a journey on. One that stands there already is left as it is; what waited for it is let go where it goes on.
pub async fn move_on(
    app: &App,
    caller: Caller,
    id: JourneyId,
    to: State,
) -> Result<Journey, Problem> {
    let mut journey = find(app, caller, id).await?;
    if journey.state == to {
        return Ok(journey.into());
    }
    let (from, now) = (to.reached_from(), app.cx.clock.millis());
    let moved = app
        .cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                let moved = db::journey::move_on(tx, id, from, to, now).await?;
                if moved && to != State::Paused {
                    db::journey_input::release(tx, id).await?;
                }
                Ok(moved)
            })
        })
        .await?;
    if !moved {
        let known: Vec<&str> = from.iter().map(|state| state.as_str()).collect();
        let detail = format!(
            "this journey is {}; it must be {} for this",
            journey.state.as_str(),
            known.join(" or ")
        );
        return Err(Problem::new(StatusCode::CONFLICT, "journey.state", detail));
    }
    app.journeys_rung.notify_one();
    app.journeys.calls.notify_one();
    journey.state = to;
    journey.updated_at = now;
    Ok(journey.into())
}
