//! `POST /v1/events`

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chassis::http::{Auth, Body, FieldError, Problem};
use contract::contacts::FindByPhone;
use contract::{ContactId, Phone};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::db::journey_input::{Body as Arrived, NewInput};
use crate::journey::bounds::{self, MOST_LEVELS};
use crate::journey::run::Happening;
use crate::journey::shape::is_event;
use crate::journeys::events;

/// Events in one request.
const MOST: usize = 1_000;
/// An event's data and appointment, as JSON, at most so many bytes.
const DATA_BYTES: usize = 16 * 1024;
/// Numbers looked up side by side.
const LOOKUPS: usize = 32;
/// What a person texted: its `data.text` is matched against the replies that runs wait for.
const REPLY: &str = "reply.received";

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// 1 to 1,000.
    pub events: Vec<Event>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Yours, at most 200 characters: one that was taken before is a duplicate and changes nothing.
    pub id: String,
    /// Such as `order.placed`.
    pub name: String,
    pub contact: Whom,
    #[serde(default)]
    #[schema(value_type = Object)]
    pub data: Value,
    #[schema(value_type = Option<Object>)]
    pub appointment: Option<Value>,
}

/// One of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Whom {
    #[schema(value_type = Option<String>)]
    pub id: Option<ContactId>,
    pub phone: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Taken {
    pub accepted: usize,
    pub duplicates: usize,
    /// Events of people who are not known here; they were not taken.
    pub unknown: Vec<FieldError>,
}

/// Takes events: each id once. They start runs and move them at once after that.
#[utoipa::path(post, path = "/v1/events", tag = "journeys", request_body = Events,
    responses((status = 202, body = Taken), (status = 422, description = "event.invalid")))]
pub async fn handle(
    Auth(caller): Auth,
    State(app): State<Arc<App>>,
    Body(given): Body<Events>,
) -> Result<(StatusCode, Json<Taken>), Problem> {
    let phones = check(&given)?;
    let mut numbers: Vec<Phone> = phones.iter().flatten().copied().collect();
    numbers.sort_unstable();
    numbers.dedup();
    let lookups: Vec<_> = numbers
        .into_iter()
        .map(|phone| find(&app, caller.tenant, phone))
        .collect();
    let found = futures::stream::iter(lookups)
        .buffer_unordered(LOOKUPS)
        .collect::<Vec<_>>()
        .await;
    let mut contacts = HashMap::new();
    for lookup in found {
        let (phone, contact) = lookup?;
        contacts.insert(phone, contact);
    }
    let (mut inputs, mut unknown) = (Vec::with_capacity(given.events.len()), Vec::new());
    for (index, (event, phone)) in given.events.into_iter().zip(phones).enumerate() {
        let contact = event
            .contact
            .id
            .or_else(|| phone.and_then(|phone| contacts.get(&phone).copied().flatten()));
        let Some(contact) = contact else {
            unknown.push(FieldError {
                pointer: format!("/events/{index}/contact"),
                code: "contact.unknown".to_string(),
                detail: "There is no contact of this number; create it, then send the event again."
                    .to_string(),
            });
            continue;
        };
        inputs.push(NewInput {
            tenant: caller.tenant,
            mode: caller.mode,
            contact: Some(contact),
            run: None,
            held_by: None,
            body: arrived(event),
            hops: 0,
        });
    }
    let taken = events::take(&app, caller.tenant, caller.mode, inputs).await?;
    let answer = Taken {
        accepted: taken.accepted,
        duplicates: taken.duplicates,
        unknown,
    };
    Ok((StatusCode::ACCEPTED, Json(answer)))
}

async fn find(
    app: &App,
    tenant: contract::TenantId,
    phone: Phone,
) -> Result<(Phone, Option<ContactId>), Problem> {
    Ok((phone, app.cx.bus.ask(tenant, &FindByPhone { phone }).await?))
}

fn arrived(event: Event) -> Arrived {
    match event.data.get("text").and_then(Value::as_str) {
        Some(text) if event.name == REPLY => Arrived::Reply {
            id: event.id,
            text: text.chars().take(1_600).collect(),
        },
        _ => Arrived::Event(Happening {
            id: event.id,
            name: event.name,
            data: event.data,
            appointment: event.appointment,
        }),
    }
}

/// All faults at once; the number of each event that names its contact by one.
fn check(given: &Events) -> Result<Vec<Option<Phone>>, Problem> {
    let mut problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "event.invalid",
        "these events cannot be taken; none of them was",
    );
    if !(1..=MOST).contains(&given.events.len()) {
        problem = problem.error("/events", "event.invalid", format!("1 to {MOST} events."));
    }
    let mut phones = Vec::with_capacity(given.events.len());
    for (index, event) in given.events.iter().enumerate() {
        let at = |field: &str| format!("/events/{index}/{field}");
        if event.id.is_empty() || event.id.chars().count() > 200 {
            problem = problem.error(
                &at("id"),
                "event.invalid",
                "1 to 200 characters that name this event.",
            );
        }
        if !is_event(&event.name) {
            problem = problem.error(
                &at("name"),
                "event.invalid",
                "Lower-case words joined with dots, such as order.placed.",
            );
        }
        if !matches!(event.data, Value::Object(_) | Value::Null) {
            problem = problem.error(&at("data"), "event.invalid", "An object belongs here.");
        }
        let size = event.data.to_string().len()
            + event
                .appointment
                .as_ref()
                .map_or(0, |appointment| appointment.to_string().len());
        if size > DATA_BYTES {
            problem = problem.error(
                &at("data"),
                "event.invalid",
                format!("At most {DATA_BYTES} bytes of JSON, `appointment` included."),
            );
        }
        let appointment = event.appointment.as_ref();
        for (field, value) in [("data", Some(&event.data)), ("appointment", appointment)] {
            if value.is_some_and(|value| bounds::levels(value) > MOST_LEVELS) {
                problem = problem.error(
                    &at(field),
                    "event.invalid",
                    format!("Objects and lists within one another, at most {MOST_LEVELS} deep."),
                );
            }
        }
        if event.name == REPLY && event.data.get("text").and_then(Value::as_str).is_none() {
            problem = problem.error(
                &at("data/text"),
                "event.invalid",
                "What the person texted belongs here.",
            );
        }
        phones.push(match (&event.contact.id, &event.contact.phone) {
            (Some(_), None) => None,
            (None, Some(phone)) => match Phone::parse(phone, None) {
                Ok(phone) => Some(phone),
                Err(error) => {
                    problem =
                        problem.error(&at("contact/phone"), "phone.invalid", error.to_string());
                    None
                }
            },
            _ => {
                problem = problem.error(&at("contact"), "event.invalid", "Either `id` or `phone`.");
                None
            }
        });
    }
    if problem.has_errors() {
        Err(problem)
    } else {
        Ok(phones)
    }
}
