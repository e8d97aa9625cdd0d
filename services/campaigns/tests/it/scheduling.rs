//! Campaigns that start at a time.

use std::time::Duration;

use contract::UnixMillis;
use serde_json::{Value, json};
use testkit::Kit;

use crate::fake;
use crate::story::*;

#[tokio::test]
async fn a_scheduled_campaign_starts_when_its_time_has_come_and_once() {
    let kit = kit(700).await;
    let mut body = draft();
    body["schedule"] = json!({"at": "2026-06-10T17:00:00Z"});
    let id = create(&kit, body).await;
    let (status, campaign) = ask(&kit, &id, "launch").await;
    assert_eq!(
        (status, campaign["state"].as_str()),
        (202, Some("scheduled")),
        "{campaign}"
    );
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(fake::world(kit.tenant).pages, 0);
    kit.clock.advance(chrono::Duration::hours(2));
    let progress = until_state(&kit, &id, "completed").await;
    assert_eq!(progress["handed_over"], expected(700).2);
    assert!(
        fake::world(kit.tenant)
            .released
            .values()
            .all(|times| *times == 1)
    );
    kit.stop().await;
}

#[tokio::test]
async fn a_template_withdrawn_before_the_hour_fails_the_campaign() {
    let kit = kit(10).await;
    let mut body = draft();
    body["schedule"] = json!({"at": "2026-06-10T17:00:00Z"});
    let id = create(&kit, body).await;
    assert_eq!(ask(&kit, &id, "launch").await.0, 202);
    fake::world(kit.tenant).published = false;
    kit.clock.advance(chrono::Duration::hours(2));
    let progress = until_state(&kit, &id, "failed").await;
    assert_eq!(progress["state_reason"], "template.not_published");
    kit.stop().await;
}

/// Launched at 15:00 for 17:00, valid for three hours.
async fn for_five_o_clock(kit: &Kit) -> String {
    let mut body = draft();
    body["schedule"] = json!({"at": "2026-06-10T17:00:00Z"});
    body["valid_for"] = json!("PT3H");
    let id = create(kit, body).await;
    assert_eq!(ask(kit, &id, "launch").await.0, 202);
    id
}

/// It has expired, says why, and nobody was looked up.
async fn too_late(kit: &Kit, id: &str) {
    let progress = until_state(kit, id, "expired").await;
    assert_eq!(
        (&progress["state_reason"], &progress["run"]),
        (&json!("schedule.late"), &Value::Null)
    );
    let (_, history) = kit.get(&format!("/v1/campaigns/{id}/history")).await;
    let last = history["data"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["action"], &last["to"], &last["reason"]),
        (&json!("begin"), &json!("expired"), &json!("schedule.late"))
    );
    let world = fake::world(kit.tenant);
    assert!(world.pages == 0 && world.released.is_empty());
}

#[tokio::test]
async fn a_campaign_whose_validity_ended_during_a_downtime_expires_and_texts_nobody() {
    let kit = kit(10).await;
    let id = for_five_o_clock(&kit).await;
    kit.clock.advance(chrono::Duration::hours(35));
    too_late(&kit, &id).await;
    kit.stop().await;
}

#[tokio::test]
async fn a_campaign_resumed_after_its_validity_has_ended_expires_and_texts_nobody() {
    let kit = kit(10).await;
    let id = for_five_o_clock(&kit).await;
    assert_eq!(ask(&kit, &id, "pause").await.0, 200);
    kit.clock.advance(chrono::Duration::hours(48));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(progress(&kit, &id).await["state"], "paused");
    assert_eq!(ask(&kit, &id, "resume").await.0, 200);
    too_late(&kit, &id).await;
    kit.stop().await;
}

#[tokio::test]
async fn a_campaign_that_starts_late_has_what_is_left_of_its_validity() {
    let kit = kit(10).await;
    let plain = for_five_o_clock(&kit).await;
    let mut body = draft();
    body["schedule"] = json!({"at": "2026-06-10T17:00:00Z", "expires_after": "PT3H",
        "window": {"from": "09:00", "to": "20:00", "timezone": "contact"}});
    let windowed = create(&kit, body).await;
    assert_eq!(ask(&kit, &windowed, "launch").await.0, 202);
    kit.clock.advance(chrono::Duration::hours(4));
    let ends: UnixMillis = "2026-06-10T20:00:00Z"
        .parse::<chrono::DateTime<chrono::Utc>>()
        .unwrap()
        .into();
    // Each person's last text is of either.
    for id in [plain, windowed] {
        until_state(&kit, &id, "completed").await;
        let heads = fake::world(kit.tenant).heads.clone();
        assert!(heads.len() == 10 && heads.values().all(|one| one.valid_until == ends));
    }
    kit.stop().await;
}
