//! Verbs of the tests.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::Kit;

use crate::fake;

pub const LIST: &str = "lst_01ARZ3NDEKTSV4RRFFQ69G5FAV";
pub const TEMPLATE: &str = "tpl_01ARZ3NDEKTSV4RRFFQ69G5FAV";

pub async fn kit(people: u32) -> Kit {
    let kit = Kit::start(&[campaigns::SERVICE, fake::SERVICE]).await;
    fake::create(kit.tenant, people);
    kit
}

pub fn draft() -> Value {
    json!({
        "name": "Spring sale", "class": "marketing", "template": TEMPLATE, "sender": "+15005550100",
        "audience": {"include": [LIST]},
    })
}

/// Creates a campaign; its id.
pub async fn create(kit: &Kit, body: Value) -> String {
    let (status, campaign) = kit.post("/v1/campaigns", body).await;
    assert_eq!(status, 201, "{campaign}");
    campaign["id"].as_str().unwrap().to_string()
}

pub async fn launched(kit: &Kit) -> String {
    let id = create(kit, draft()).await;
    let (status, campaign) = ask(kit, &id, "launch").await;
    assert_eq!(status, 202, "{campaign}");
    id
}

pub async fn ask(kit: &Kit, id: &str, action: &str) -> (u16, Value) {
    kit.post(&format!("/v1/campaigns/{id}/{action}"), json!({}))
        .await
}

pub async fn progress(kit: &Kit, id: &str) -> Value {
    let (status, progress) = kit.get(&format!("/v1/campaigns/{id}/progress")).await;
    assert_eq!(status, 200, "{progress}");
    let n = |value: &Value| value.as_u64().unwrap();
    let reasons = |value: &Value| value.as_object().unwrap().values().map(n).sum::<u64>();
    let sum = [
        "pending",
        "held",
        "cancelled",
        "expired",
        "unknown",
        "handed_over",
    ]
    .into_iter()
    .map(|key| n(&progress[key]))
    .sum::<u64>()
        + reasons(&progress["suppressed"])
        + reasons(&progress["failed"]);
    assert_eq!(sum, n(&progress["recipients"]), "{progress}");
    progress
}

/// Waits until the progress is as `wanted`; on the way the sums are checked at every look.
pub async fn until(kit: &Kit, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let started = Instant::now();
    loop {
        let progress = progress(kit, id).await;
        if wanted(&progress) {
            return progress;
        }
        assert!(
            // A pull that a restart has cut off ends after twenty seconds; then deliveries go on.
            started.elapsed() < Duration::from_secs(45),
            "still {progress}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub async fn until_state(kit: &Kit, id: &str, state: &str) -> Value {
    until(kit, id, |progress| progress["state"] == state).await
}

/// How many positions of an audience of `people` the fake suppresses, fails and hands over.
pub fn expected(people: u32) -> (u64, u64, u64) {
    let mut counts = (0, 0, 0);
    for n in 0..people {
        match n % 512 % 10 {
            0 => counts.0 += 1,
            1 => counts.1 += 1,
            _ => counts.2 += 1,
        }
    }
    counts
}
