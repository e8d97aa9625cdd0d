//! Journeys: drafts, versions, events that start and move runs, pauses, moves to new versions, restarts.

mod answers;
mod heard;
mod learnt;
mod schedules;
mod segments;
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

#[tokio::test]
async fn an_event_starts_a_run_and_the_same_event_again_changes_nothing() {
    let kit = kit(10).await;
    let id = published(&kit, TWO_TEXTS).await;
    let placed = event("e1", "order.placed", 1, &json!({"order": "o1"}));
    assert_eq!(
        tell(&kit, &[placed.clone(), placed.clone()]).await["accepted"],
        1
    );
    let started = until_runs(&kit, &id, |runs| runs.len() == 1).await;
    assert_eq!(
        tell(&kit, &[placed]).await,
        json!({"accepted": 0, "duplicates": 1, "unknown": []})
    );
    let full = run(&kit, &started[0]["id"]).await;
    assert_eq!(
        (texts(&full), &full["at"], &full["key"]),
        (1, &json!(["pause"]), &json!("o1"))
    );
    assert!(
        full["texts"][0]["message"]
            .as_str()
            .unwrap()
            .starts_with("msg_")
    );
    kit.clock.advance(chrono::Duration::hours(1));
    let ended = until_runs(&kit, &id, |runs| runs[0]["state"] == "completed").await;
    assert_eq!(
        (ended.len(), texts(&run(&kit, &ended[0]["id"]).await)),
        (1, 2)
    );
    kit.stop().await;
}

#[tokio::test]
async fn thousands_of_runs_start_and_go_on_in_batches_across_a_restart() {
    let kit = kit(3_000).await;
    let id = published(&kit, TWO_TEXTS).await;
    for batch in 0..3 {
        let events: Vec<Value> = (0..1_000)
            .map(|n| batch * 1_000 + n)
            .map(|n| event(&format!("e{n}"), "order.placed", n, &json!({"order": n})))
            .collect();
        assert_eq!(tell(&kit, &events).await["accepted"], 1_000);
    }
    let kit = kit.restart().await;
    let live = async |kit: &Kit| {
        kit.get(&format!("/v1/journeys/{id}")).await.1["live_runs"]["1"]
            .as_u64()
            .unwrap_or(0)
    };
    while live(&kit).await < 3_000 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    kit.clock.advance(chrono::Duration::hours(1));
    let kit = kit.restart().await;
    while live(&kit).await > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for some in runs(&kit, &id).await.iter().step_by(40) {
        assert_eq!(texts(&run(&kit, &some["id"]).await), 2, "{some}");
    }
    kit.stop().await;
}

#[tokio::test]
async fn a_restart_by_key_withdraws_what_was_queued_and_an_exit_ends_the_run() {
    let kit = kit(10).await;
    let id = published(&kit, TWO_TEXTS).await;
    tell(
        &kit,
        &[event("e1", "order.placed", 1, &json!({"order": "o1"}))],
    )
    .await;
    until_runs(&kit, &id, |runs| runs.len() == 1).await;
    tell(
        &kit,
        &[
            event("e2", "order.placed", 1, &json!({"order": "o1"})),
            event("e3", "order.placed", 1, &json!({"order": "o2"})),
        ],
    )
    .await;
    let both = until_runs(&kit, &id, |runs| runs.len() == 2).await;
    assert!(both.iter().all(|run| run["state"] == "active"));
    tell(&kit, &[event("e4", "order.returned", 1, &json!({}))]).await;
    let ended = until_runs(&kit, &id, |runs| {
        runs.iter().all(|run| run["state"] == "cancelled")
    })
    .await;
    assert_eq!(ended.len(), 2);
    kit.clock.advance(chrono::Duration::hours(2));
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(texts(&run(&kit, &ended[0]["id"]).await), 1);
    kit.stop().await;
}

#[tokio::test]
async fn an_invalid_draft_replaces_nothing_and_all_of_its_faults_are_told() {
    let kit = kit(10).await;
    let id = published(&kit, TWO_TEXTS).await;
    let broken = TWO_TEXTS
        .replace("PT1H", "PT1")
        .replace("id: again", "id: hello");
    let (status, problem) = kit
        .put(&format!("/v1/journeys/{id}"), written(&broken))
        .await;
    assert_eq!((status, &problem["code"]), (422, &json!("journey.invalid")));
    let errors = problem["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 2, "{problem}");
    assert_eq!(errors[0]["pointer"], "/source/steps/1/wait/for");
    assert!(
        errors[0]["detail"].as_str().unwrap().starts_with("line "),
        "{problem}"
    );
    // Valid, but its template is bound to none: the draft is kept, the version stays.
    let unbound = TWO_TEXTS.replace(
        "template: greeting}}\n  - {id: pause",
        "template: other}}\n  - {id: pause",
    );
    assert_eq!(
        kit.put(&format!("/v1/journeys/{id}"), written(&unbound))
            .await
            .0,
        200
    );
    let (status, problem) = kit
        .post(&format!("/v1/journeys/{id}/publish"), json!({}))
        .await;
    assert_eq!(
        (status, &problem["errors"][0]["code"]),
        (422, &json!("template.unbound")),
        "{problem}"
    );
    let (_, journey) = kit.get(&format!("/v1/journeys/{id}")).await;
    assert_eq!(
        (&journey["version"], &journey["state"]),
        (&json!(1), &json!("running"))
    );
    kit.stop().await;
}

#[tokio::test]
async fn a_paused_journey_keeps_what_arrives_and_a_draining_one_starts_nothing() {
    let kit = kit(10).await;
    let id = published(&kit, TWO_TEXTS).await;
    tell(
        &kit,
        &[event("e1", "order.placed", 1, &json!({"order": "o1"}))],
    )
    .await;
    until_runs(&kit, &id, |runs| runs.len() == 1).await;
    let (status, _) = kit
        .post(&format!("/v1/journeys/{id}/pause"), json!({}))
        .await;
    assert_eq!(status, 200);
    tell(
        &kit,
        &[
            event("e2", "order.returned", 1, &json!({})),
            event("e3", "order.placed", 2, &json!({"order": "o2"})),
        ],
    )
    .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(runs(&kit, &id).await[0]["state"], "active");
    assert_eq!(
        kit.post(&format!("/v1/journeys/{id}/resume"), json!({}))
            .await
            .0,
        200
    );
    until_runs(&kit, &id, |runs| {
        runs.len() == 1 && runs[0]["state"] == "cancelled"
    })
    .await;
    assert_eq!(
        kit.post(&format!("/v1/journeys/{id}/drain"), json!({}))
            .await
            .0,
        200
    );
    tell(
        &kit,
        &[event("e4", "order.placed", 3, &json!({"order": "o3"}))],
    )
    .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(runs(&kit, &id).await.len(), 1);
    kit.stop().await;
}

#[tokio::test]
async fn runs_stay_on_their_version_until_they_are_moved_by_the_id_of_their_step() {
    let kit = kit(10).await;
    let id = published(&kit, TWO_TEXTS).await;
    tell(
        &kit,
        &[event("e1", "order.placed", 1, &json!({"order": "o1"}))],
    )
    .await;
    until_runs(&kit, &id, |runs| runs.len() == 1).await;
    let renamed = TWO_TEXTS.replace("id: pause", "id: nap");
    assert_eq!(
        kit.put(&format!("/v1/journeys/{id}"), written(&renamed))
            .await
            .0,
        200
    );
    assert_eq!(
        kit.post(&format!("/v1/journeys/{id}/publish"), json!({}))
            .await
            .0,
        200
    );
    assert_eq!(runs(&kit, &id).await[0]["version"], 1);
    let (_, moved) = kit
        .post(&format!("/v1/journeys/{id}/migrate"), json!({}))
        .await;
    assert_eq!(moved, json!({"moved": 0, "stayed": {"pause": 1}}));
    let (_, moved) = kit
        .post(
            &format!("/v1/journeys/{id}/migrate"),
            json!({"renamed": {"pause": "nap"}}),
        )
        .await;
    assert_eq!(moved, json!({"moved": 1, "stayed": {}}));
    let run = &runs(&kit, &id).await[0];
    assert_eq!((&run["version"], &run["at"]), (&json!(2), &json!(["nap"])));
    kit.stop().await;
}

#[tokio::test]
async fn a_run_hears_what_became_of_its_texts_and_can_be_stopped_by_hand() {
    let kit = kit(10).await;
    fake::world(kit.tenant).texts_wait = true;
    let id = published(&kit, TWO_TEXTS).await;
    tell(
        &kit,
        &[event("e1", "order.placed", 1, &json!({"order": "o1"}))],
    )
    .await;
    let started = until_runs(&kit, &id, |runs| runs.len() == 1).await;
    let full = run(&kit, &started[0]["id"]).await;
    let message = full["texts"][0]["message"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    fake::report_text(&kit, message, Outcome::HandedOver).await;
    let since = Instant::now();
    while run(&kit, &started[0]["id"]).await["texts"][0]["state"] != "handed_over" {
        assert!(since.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (status, _) = kit
        .post(
            &format!(
                "/v1/journey-runs/{}/stop",
                started[0]["id"].as_str().unwrap()
            ),
            json!({"reason": "called"}),
        )
        .await;
    assert_eq!(status, 202);
    let stopped = until_runs(&kit, &id, |runs| runs[0]["state"] == "stopped").await;
    assert_eq!(stopped[0]["reason"], "called");
    kit.stop().await;
}

#[tokio::test]
async fn a_run_that_has_ended_hears_of_its_goal_and_of_its_last_text() {
    let kit = kit(10).await;
    let source = "journey: v1\nname: short\npurpose: informational\ntrigger: {event: order.placed}\n\
        goal: {event: order.paid, within: P5D, value: event.total}\nsteps: [{id: hello, send: {template: greeting}}]\n";
    let id = published(&kit, source).await;
    tell(&kit, &[event("e1", "order.placed", 1, &json!({}))]).await;
    let ended = until_runs(&kit, &id, |runs| {
        runs.len() == 1 && runs[0]["state"] == "completed"
    })
    .await;
    let since = Instant::now();
    while run(&kit, &ended[0]["id"]).await["texts"][0]["state"] != "delivered" {
        assert!(since.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    kit.clock.advance(chrono::Duration::days(4));
    tell(&kit, &[event("e2", "order.paid", 1, &json!({"total": 9}))]).await;
    until_runs(&kit, &id, |runs| !runs[0]["goal_at"].is_null()).await;
    kit.stop().await;
}

#[tokio::test]
async fn two_people_may_share_a_key_and_each_has_a_run() {
    let kit = kit(10).await;
    let id = published(&kit, TWO_TEXTS).await;
    for person in [1, 2] {
        let placed = event(
            &format!("e{person}"),
            "order.placed",
            person,
            &json!({"order": "shared"}),
        );
        tell(&kit, &[placed]).await;
    }
    let both = until_runs(&kit, &id, |runs| runs.len() == 2).await;
    assert!(both.iter().all(|run| run["key"] == "shared"));
    kit.stop().await;
}

#[tokio::test]
async fn bad_events_are_told_all_at_once_and_none_is_taken() {
    let kit = kit(10).await;
    let bad = json!({"events": [
        {"id": "", "name": "order.placed", "contact": {"phone": "+12"}},
        {"id": "x", "name": "Order Placed", "contact": {}, "data": 3},
    ]});
    let (status, problem) = kit.post("/v1/events", bad).await;
    assert_eq!((status, &problem["code"]), (422, &json!("event.invalid")));
    let pointers: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(
        pointers,
        [
            "/events/0/id",
            "/events/0/contact/phone",
            "/events/1/name",
            "/events/1/data",
            "/events/1/contact"
        ]
    );
    assert_eq!(kit.post("/v1/events", json!({"events": []})).await.0, 422);
    kit.stop().await;
}

#[tokio::test]
async fn a_journey_can_be_played_and_its_schema_read() {
    let kit = kit(1).await;
    let (status, played) = kit
        .post("/v1/journeys/simulate", json!({"source": TWO_TEXTS, "contact": {"timezone": "America/New_York"}, "from": "2026-06-10T15:00:00Z",
            "events": [{"event": "order.placed", "data": {"order": "o1"}}]}))
        .await;
    assert_eq!(status, 200, "{played}");
    let sends: Vec<&Value> = played["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["kind"] == "send")
        .collect();
    assert_eq!(sends.len(), 2);
    assert_eq!(
        (&sends[1]["at"], &sends[1]["local"]),
        (
            &json!("2026-06-10T16:00:00Z"),
            &json!("Wed 2026-06-10 12:00:00-04:00")
        )
    );
    let (status, schema) = kit.get("/v1/journeys/schema").await;
    assert_eq!(
        (status, &schema["properties"]["journey"]["const"]),
        (200, &json!("v1"))
    );
    let (_, verdict) = kit
        .post("/v1/journeys/validate", json!({"source": "journey: v1\n"}))
        .await;
    assert_eq!(verdict["valid"], false);
    kit.stop().await;
}
