//! Campaigns that cannot begin yet, before others that can.

use serde_json::{Value, json};

use crate::fake;
use crate::story::*;

/// As many as are looked at at once.
const MANY: usize = 100;

/// A hundred campaigns of one tenant cannot begin when their time has come, and stand before one of another tenant.
async fn another_tenant_begins(stuck: Value, other: Value) {
    let kit = kit(2).await;
    fake::create(kit.other_tenant, 2);
    let own = json!({"approval_from": 1000});
    assert_eq!(kit.put("/v1/campaign-settings", own).await.0, 200);
    let scheduled = |schedule: &Value| {
        let mut body = draft();
        body["schedule"] = schedule.clone();
        body
    };
    let mut first = Vec::new();
    for _ in 0..MANY {
        let id = create(&kit, scheduled(&stuck)).await;
        assert_eq!(ask(&kit, &id, "launch").await.0, 202);
        first.push(id);
    }
    let client = kit.with_key(&kit.other_key);
    let campaign = client.post("/v1/campaigns", &scheduled(&other)).await;
    let id = campaign.unwrap()["id"].as_str().unwrap().to_string();
    let path = format!("/v1/campaigns/{id}/launch");
    client.post(&path, &json!({})).await.unwrap();
    fake::world(kit.tenant).not_yet_known = true;
    kit.clock.advance(chrono::Duration::minutes(62));
    let started = std::time::Instant::now();
    while fake::world(kit.other_tenant).released.is_empty() {
        let waited = started.elapsed();
        assert!(waited < std::time::Duration::from_secs(45), "not yet");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(fake::world(kit.tenant).released.is_empty());
    // What has waited begins once it can.
    fake::world(kit.tenant).not_yet_known = false;
    kit.clock.advance(chrono::Duration::minutes(1));
    until(&kit, &first[MANY - 1], |progress| {
        progress["handed_over"] != 0 || progress["suppressed"] != json!({})
    })
    .await;
    kit.stop().await;
}

#[tokio::test]
async fn a_hundred_campaigns_that_cannot_begin_hold_up_nobody_else() {
    let at = |time: &str| json!({"at": format!("2026-06-10T{time}Z")});
    another_tenant_begins(at("16:00:00"), at("16:01:00")).await;
}

#[tokio::test]
async fn a_hundred_slots_that_cannot_begin_hold_up_nobody_else() {
    let at = |cron: &str| json!({"cron": cron, "timezone": "America/New_York"});
    another_tenant_begins(at("0 12 * * *"), at("1 12 * * *")).await;
}
