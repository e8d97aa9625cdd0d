//! Journeys: what their stories share.

mod ageing;
mod answers;
mod ending;
mod forgotten;
mod heard;
mod learnt;
mod limits;
mod moved;
mod one_pass;
mod pausing;
mod schedules;
mod segments;
mod slot_turns;
mod starting;
mod two_at_once;
mod unreadable;
mod versions;
mod webhooks;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chassis::Cx;
use contract::Envelope;
use contract::chunk::Outcome;
use contract::contacts::UpdateContacts;
use serde_json::{Value, json};
use testkit::Kit;

use crate::fake;
use crate::story::*;

/// Keeps what flows tell contacts, in the world of the tenant.
pub async fn play_contacts(cx: &Cx, app: &Arc<Cx>) -> anyhow::Result<()> {
    let keep = |_, command: Envelope<UpdateContacts>| async move {
        let mut world = fake::world(command.tenant);
        world.contact_changes.extend(command.body.changes);
        Ok(())
    };
    cx.consume("fake__update_contacts", 1, app.clone(), keep)
        .await
}

const TWO_TEXTS: &str = "journey: v1\nname: two-texts\npurpose: informational\ntrigger: {event: order.placed, key: event.order, duplicate: restart}\n\
    exit: [{event: order.returned}]\nsteps:\n  - {id: hello, send: {template: greeting}}\n  - {id: pause, wait: {for: PT1H}}\n  - {id: again, send: {template: greeting}}\n";

fn written(source: &str) -> Value {
    json!({"source": source, "templates": {"greeting": TEMPLATE}, "sender": "+15005550100"})
}

async fn published(kit: &Kit, source: &str) -> String {
    let (status, journey) = kit.post("/v1/journeys", written(source)).await;
    assert_eq!(status, 201, "{journey}");
    let id = journey["id"].as_str().unwrap().to_string();
    let (status, journey) = kit
        .post(&format!("/v1/journeys/{id}/publish"), json!({}))
        .await;
    assert_eq!(
        (status, &journey["state"]),
        (200, &json!("running")),
        "{journey}"
    );
    id
}

fn event(id: &str, name: &str, person: u32, data: &Value) -> Value {
    json!({"id": id, "name": name, "contact": {"id": fake::contact(person).to_string()}, "data": data})
}

async fn tell(kit: &Kit, events: &[Value]) -> Value {
    let (status, taken) = kit.post("/v1/events", json!({"events": events})).await;
    assert_eq!(status, 202, "{taken}");
    taken
}

async fn runs(kit: &Kit, journey: &str) -> Vec<Value> {
    let (status, page) = kit
        .get(&format!("/v1/journeys/{journey}/runs?limit=200"))
        .await;
    assert_eq!(status, 200, "{page}");
    page["data"].as_array().unwrap().clone()
}

async fn until_runs(kit: &Kit, journey: &str, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let started = Instant::now();
    loop {
        let runs = runs(kit, journey).await;
        if wanted(&runs) {
            return runs;
        }
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "still {runs:?}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn run(kit: &Kit, id: &Value) -> Value {
    let (status, run) = kit
        .get(&format!("/v1/journey-runs/{}", id.as_str().unwrap()))
        .await;
    assert_eq!(status, 200, "{run}");
    run
}

fn texts(run: &Value) -> usize {
    run["texts"].as_array().unwrap().len()
}
