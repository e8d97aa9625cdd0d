//! `POST /v1/journeys/simulate`

use axum::Json;
use chassis::http::{Auth, Body, Problem};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::types::{invalid, read};
use crate::journey::simulate::{Line, Play, end, person, scenes, simulate};
use crate::journey::version::Version;
use crate::journeys::CHANNELS;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Script {
    pub definition: Option<Value>,
    pub source: Option<String>,
    /// Fields of the contact, and `timezone`.
    #[serde(default)]
    pub contact: Option<Value>,
    /// `{at, event, data}` and `{at, reply}`; `at` is an instant or a duration from `from`.
    pub events: Value,
    pub from: DateTime<Utc>,
    /// 90 days after `from` where absent.
    pub until: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Played {
    pub timeline: Vec<Line>,
}

/// Plays a journey for one contact: what would happen, and when. Nothing is sent.
#[utoipa::path(post, path = "/v1/journeys/simulate", tag = "journeys", request_body = Script,
    responses((status = 200, body = Played), (status = 422, description = "journey.invalid, field.invalid")))]
pub async fn handle(
    Auth(_caller): Auth,
    Body(script): Body<Script>,
) -> Result<Json<Played>, Problem> {
    let definition = read(script.definition.as_ref(), script.source.as_deref(), None)?
        .map_err(|faults| invalid(&faults, script.source.is_some()))?;
    let version =
        Version::compile(&definition).map_err(|error| Problem::internal(&error.into()))?;
    let until = end(script.from, script.until).map_err(|(pointer, fault)| {
        Problem::invalid("the journey cannot be played then").error(pointer, "field.invalid", fault)
    })?;
    let contact = script.contact.unwrap_or_else(|| serde_json::json!({}));
    let contact = person(&contact).map_err(|fault| {
        Problem::invalid("the contact cannot be read").error("/contact", "field.invalid", fault)
    })?;
    let scenes = scenes(&script.events, script.from).map_err(|faults| {
        let problem = Problem::invalid("the events cannot be read");
        faults.into_iter().fold(problem, |problem, fault| {
            problem.error("/events", "field.invalid", fault)
        })
    })?;
    let timeline = simulate(&Play {
        version: &version,
        person: &contact,
        scenes,
        from: script.from,
        until,
        delivers: true,
        channels: CHANNELS,
    });
    Ok(Json(Played { timeline }))
}
