//! Who moved a campaign, when and why.

use std::time::{Duration, Instant};

use chrono::Duration as Span;
use serde_json::{Value, json};
use testkit::Kit;

use crate::fake;
use crate::story::*;

async fn history(kit: &Kit, id: &str) -> Vec<Value> {
    let (status, told) = kit.get(&format!("/v1/campaigns/{id}/history")).await;
    assert_eq!(status, 200, "{told}");
    told["data"].as_array().unwrap().clone()
}

fn line(one: &Value) -> (String, bool) {
    let words = ["from", "action", "to"].map(|key| one[key].as_str().unwrap());
    (words.join(" "), one["key"].is_string())
}

#[tokio::test]
async fn every_transition_is_a_row_and_an_event_by_whom_it_was() {
    let kit = kit(600).await;
    // Long enough for the pause to come while both are on their way.
    fake::world(kit.tenant).chunk_takes = 2_000;
    let id = launched(&kit).await;
    until(&kit, &id, |progress| progress["state"] == "running").await;
    let (status, told) = ask(&kit, &id, "pause").await;
    assert_eq!(status, 200, "{told}");
    fake::world(kit.tenant).chunk_takes = 0;
    ask(&kit, &id, "resume").await;
    until_state(&kit, &id, "completed").await;
    let rows = history(&kit, &id).await;
    let lines: Vec<(String, bool)> = rows.iter().map(line).collect();
    assert_eq!(
        lines,
        [
            ("draft launch preparing".to_string(), true),
            ("preparing freeze running".to_string(), false),
            ("running pause paused".to_string(), true),
            ("paused resume running".to_string(), true),
            ("running close completed".to_string(), false),
        ]
    );
    let numbers: Vec<u64> = rows
        .iter()
        .map(|one| one["number"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
    let (_, page) = kit
        .get(&format!("/v1/campaigns/{id}/history?limit=2"))
        .await;
    let cursor = page["next_cursor"].as_str().unwrap();
    let (_, next) = kit
        .get(&format!(
            "/v1/campaigns/{id}/history?limit=2&cursor={cursor}"
        ))
        .await;
    assert_eq!(next["data"][0], rows[2]);

    let started = Instant::now();
    let said = loop {
        let said = fake::world(kit.tenant).looks.changes.clone();
        if said.len() == rows.len() {
            break said;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{said:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    for (event, row) in said.iter().zip(&rows) {
        assert_eq!(event.campaign.to_string(), id);
        assert_eq!(json!(event.number), row["number"]);
        assert_eq!(
            json!([event.from, event.action, event.to]),
            json!([row["from"], row["action"], row["to"]])
        );
        assert_eq!(json!(event.key), row["key"]);
    }
    kit.stop().await;
}

#[tokio::test]
async fn what_ends_badly_says_why() {
    let kit = kit(20).await;
    let mut body = draft();
    body["schedule"] = json!({"at": "2026-06-10T18:00:00Z"});
    let unpublished = create(&kit, body).await;
    ask(&kit, &unpublished, "launch").await;
    fake::world(kit.tenant).published = false;
    kit.clock.advance(Span::hours(4));
    until_state(&kit, &unpublished, "failed").await;
    let rows = history(&kit, &unpublished).await;
    let last = rows.last().unwrap();
    assert_eq!(
        (line(last).0.as_str(), &last["reason"]),
        ("scheduled begin failed", &json!("template.not_published"))
    );
    fake::world(kit.tenant).published = true;
    fake::world(kit.tenant).people = 0;
    let mut body = draft();
    body["schedule"] = json!({"at": "2026-06-10T20:00:00Z"});
    let empty = create(&kit, body).await;
    ask(&kit, &empty, "launch").await;
    kit.clock.advance(Span::hours(2));
    until_state(&kit, &empty, "completed").await;
    let rows = history(&kit, &empty).await;
    assert_eq!(rows.last().unwrap()["reason"], "audience.empty");
    kit.stop().await;
}

#[tokio::test]
async fn a_refused_verb_leaves_no_trace() {
    let kit = kit(20).await;
    let id = create(&kit, draft()).await;
    for verb in ["pause", "resume", "cancel", "approve"] {
        assert_eq!(ask(&kit, &id, verb).await.0, 409, "{verb}");
    }
    assert_eq!(history(&kit, &id).await, Vec::<Value>::new());
    let (status, told) = kit
        .get(&format!("/v1/campaigns/{id}/history?cursor=x"))
        .await;
    assert_eq!((status, &told["code"]), (400, &json!("cursor.invalid")));
    kit.stop().await;
}
