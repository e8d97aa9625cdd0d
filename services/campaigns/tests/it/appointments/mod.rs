//! Appointments and their reminders, with everybody else played by `fake`.

mod answers;
mod at_once;
mod booking;
mod files;
mod forgotten;
mod joining;
mod moving;
mod plans;
mod refused;

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use contract::campaigns::AppointmentEvent;
use contract::consent::Reply;
use contract::inbound::MessageReceived;
use contract::texts::FlowText;
use contract::{InboundId, Mode, Phone};
use serde_json::{Value, json};
use testkit::Kit;

use crate::fake::{self, contact, world};

pub const SENDER: &str = "+15005550100";

/// One template for each kind of text, so that texts can be told apart.
pub fn template(n: u8) -> String {
    contract::TemplateId::from_raw(u128::from(n)).to_string()
}
pub const TWO_DAYS: u8 = 1;
pub const TWO_HOURS: u8 = 2;
pub const MOVED: u8 = 3;
pub const CANCELLED: u8 = 4;
pub const CONFIRMED: u8 = 5;
pub const WHICH: u8 = 6;

/// Two days and two hours before.
pub fn plan_body() -> Value {
    json!({
        "name": "default", "sender": SENDER,
        "steps": [
            {"id": "r2d", "offset": "-P2D", "min_lead": "PT24H", "template": template(TWO_DAYS)},
            {"id": "r2h", "offset": "-PT2H", "min_lead": "PT45M", "outside": "later", "template": template(TWO_HOURS)},
        ],
        "templates": {
            "moved": template(MOVED), "cancelled": template(CANCELLED), "confirmed": template(CONFIRMED),
            "which": template(WHICH),
        },
        "unconfirmed": "PT24H",
    })
}

/// With the plan above. It is Wednesday, 10 June 2026, 11:00 in New York.
pub async fn kit() -> Kit {
    kit_with(plan_body()).await
}

pub async fn kit_with(plan: Value) -> Kit {
    let kit = Kit::start(&[campaigns::SERVICE, fake::SERVICE]).await;
    fake::create(kit.tenant, 0);
    let (status, plan) = kit.post("/v1/reminder-plans", plan).await;
    assert_eq!(status, 201, "{plan}");
    kit
}

/// Booked, and the reminder of two days before has arrived.
pub async fn told() -> Kit {
    let kit = kit().await;
    put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    go_to(&kit, "2026-06-13T14:00");
    until_offered(&kit, &[TWO_DAYS]).await;
    until_told(&kit, "a").await;
    kit
}

pub fn booking(person: u32, local: &str) -> Value {
    json!({
        "contact": format!("ext:p{person}"), "subject": "Cleaning", "location": "Elm St",
        "starts_at": {"local": local, "timezone": "America/New_York"},
    })
}

/// Makes or moves an appointment that must be accepted.
pub async fn put(kit: &Kit, id: &str, body: Value) -> Value {
    let (status, answer) = kit.put(&format!("/v1/appointments/ext:{id}"), body).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

pub async fn get(kit: &Kit, id: &str) -> Value {
    let (status, answer) = kit.get(&format!("/v1/appointments/ext:{id}")).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

pub async fn plan(kit: &Kit, id: &str) -> Value {
    let (status, answer) = kit.get(&format!("/v1/appointments/ext:{id}/plan")).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

/// `(step, local time, state, reason)` of each reminder.
pub fn steps(reminders: &Value) -> Vec<(String, String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_string();
    let step = |one: &Value| {
        (
            text(&one["step"]),
            text(&one["local"]["local"]),
            text(&one["state"]),
            text(&one["reason"]),
        )
    };
    reminders.as_array().unwrap().iter().map(step).collect()
}

pub fn states(reminders: &Value) -> Vec<String> {
    steps(reminders)
        .into_iter()
        .map(|(_, _, state, _)| state)
        .collect()
}

pub async fn until(what: &str, mut reached: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !reached().await {
        // A pull that a restart has cut off ends after twenty seconds; then deliveries go on.
        assert!(begun.elapsed() < Duration::from_secs(45), "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Texts that were offered to dispatch, by template.
pub fn offered(kit: &Kit) -> Vec<u8> {
    let texts = world(kit.tenant).flow_texts.clone();
    let n = |text: &FlowText| u8::try_from(text.template.raw()).unwrap();
    texts.iter().map(n).collect()
}

pub fn text(kit: &Kit, n: usize) -> FlowText {
    world(kit.tenant).flow_texts[n].clone()
}

pub async fn until_offered(kit: &Kit, wanted: &[u8]) {
    until(
        &format!("texts {wanted:?}, have {:?}", offered(kit)),
        async || offered(kit) == wanted,
    )
    .await;
}

/// Long enough for everything that is due to happen.
pub async fn a_while() {
    tokio::time::sleep(Duration::from_millis(900)).await;
}

pub fn advance(kit: &Kit, by: TimeDelta) {
    kit.clock.advance(by);
}

/// Moves the clock to a local time in New York in June 2026.
pub fn go_to(kit: &Kit, local: &str) {
    let local: chrono::NaiveDateTime = format!("{local}:00").parse().unwrap();
    // June: four hours behind.
    let at = local.and_utc() + TimeDelta::hours(4);
    kit.clock.advance(at - kit.clock.now());
}

/// The first reminder was told: its telling is `left`.
pub async fn until_told(kit: &Kit, id: &str) {
    until("it was told", async || {
        let told = plan(kit, id).await["told"].clone();
        let told = told.as_array().unwrap();
        !told.is_empty() && told.iter().all(|one| one["state"] == "left")
    })
    .await;
}

pub async fn reply(kit: &Kit, person: u32, words: &str) {
    let id = InboundId::at(kit.clock.now());
    let reply = Reply {
        inbound: id,
        contact: Some(contact(person)),
        from: Phone::from_digits(12_025_550_000 + u64::from(person)).unwrap(),
        to: SENDER.into(),
        text: words.into(),
        received_at: kit.clock.millis(),
        mode: Mode::Test,
    };
    world(kit.tenant).replies.insert(id, reply);
    let event = MessageReceived {
        inbound: id,
        contact: Some(contact(person)),
        provider: "simulator".into(),
        at: kit.clock.millis(),
    };
    kit.bus.publish(kit.tenant, &event).await.unwrap();
}

pub fn events(kit: &Kit) -> Vec<AppointmentEvent> {
    let events = world(kit.tenant).appointment_events.clone();
    events.into_iter().map(|event| event.event).collect()
}

pub async fn until_event(kit: &Kit, wanted: AppointmentEvent) {
    until(&format!("{wanted:?}"), async || {
        events(kit).contains(&wanted)
    })
    .await;
}
