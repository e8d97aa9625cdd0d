//! What needs a preflight or an approval by the time it starts, though its launch needed none.

use chrono::Duration as Span;
use serde_json::{Value, json};
use testkit::Kit;

use crate::approving::second;
use crate::fake;
use crate::preflight::looked;
use crate::recurring::{daily, until_campaign, until_past};
use crate::story::*;

/// Launched at 15:00 for 18:00, when two people are in its audience.
async fn launched_small(kit: &Kit, own: Value) -> String {
    assert_eq!(kit.put("/v1/campaign-settings", own).await.0, 200);
    let mut body = draft();
    body["schedule"] = json!({"at": "2026-06-10T18:00:00Z"});
    let id = create(kit, body).await;
    let (status, told) = ask(kit, &id, "launch").await;
    assert_eq!(
        (status, &told["state"]),
        (202, &json!("scheduled")),
        "{told}"
    );
    id
}

/// It stands there, says why, and nobody was texted.
async fn not_started(kit: &Kit, id: &str, state: &str, reason: &str) {
    let stands = until_state(kit, id, state).await;
    assert_eq!(stands["state_reason"], reason);
    let (_, history) = kit.get(&format!("/v1/campaigns/{id}/history")).await;
    let last = history["data"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["action"], &last["reason"], &last["note"]),
        (
            &json!("begin"),
            &json!(reason),
            &json!("people in the audience: 40")
        )
    );
    assert!(fake::world(kit.tenant).released.is_empty());
}

#[tokio::test]
async fn a_campaign_that_has_grown_beyond_the_threshold_by_its_time_waits_for_an_approval() {
    let kit = kit(2).await;
    let id = launched_small(&kit, json!({"approval_from": 40})).await;
    fake::world(kit.tenant).people = 40;
    kit.clock.advance(Span::hours(4));
    not_started(&kit, &id, "pending_approval", "campaign.approval_required").await;
    let told = second(&kit, "POST", &id, "approve", json!({})).await;
    assert_eq!(told.0, 404, "nobody has asked for it yet: {}", told.1);
    let later = json!({"schedule": {"at": "2026-06-11T18:00:00Z"}});
    let path = format!("/v1/campaigns/{id}");
    assert_eq!(kit.patch(&path, later).await.0, 200);
    looked(&kit, &id).await;
    assert_eq!(ask(&kit, &id, "submit").await.0, 200);
    let told = second(&kit, "POST", &id, "approve", json!({})).await;
    assert_eq!(told.0, 200, "{}", told.1);
    assert_eq!(ask(&kit, &id, "launch").await.0, 202);
    kit.clock.advance(Span::hours(24));
    until_state(&kit, &id, "completed").await;
    kit.stop().await;
}

#[tokio::test]
async fn a_campaign_that_nobody_has_looked_at_as_large_as_it_is_by_its_time_is_a_draft_again() {
    let kit = kit(2).await;
    let id = launched_small(&kit, json!({"preflight_from": 40})).await;
    fake::world(kit.tenant).people = 40;
    kit.clock.advance(Span::hours(4));
    not_started(&kit, &id, "draft", "campaign.preflight_required").await;
    let later = json!({"schedule": {"at": "2026-06-11T18:00:00Z"}});
    let path = format!("/v1/campaigns/{id}");
    assert_eq!(kit.patch(&path, later).await.0, 200);
    let found = looked(&kit, &id).await;
    let named = json!({"preflight": found["id"]});
    let told = kit.post(&format!("{path}/launch"), named).await;
    assert_eq!(told.0, 202, "{}", told.1);
    // Some more have come since somebody looked.
    fake::world(kit.tenant).people = 45;
    kit.clock.advance(Span::hours(24));
    until_state(&kit, &id, "completed").await;
    kit.stop().await;
}

#[tokio::test]
async fn a_question_that_was_rejected_is_not_approved_once_its_campaign_needs_an_approval() {
    let kit = kit(2).await;
    let mut body = draft();
    body["schedule"] = json!({"at": "2026-06-10T18:00:00Z"});
    let id = create(&kit, body).await;
    looked(&kit, &id).await;
    assert_eq!(ask(&kit, &id, "submit").await.0, 200);
    let why = json!({"reason": "not today"});
    assert_eq!(second(&kit, "POST", &id, "reject", why).await.0, 200);
    assert_eq!(ask(&kit, &id, "launch").await.0, 202);
    let own = json!({"approval_from": 2});
    assert_eq!(kit.put("/v1/campaign-settings", own).await.0, 200);
    kit.clock.advance(Span::hours(4));
    until_state(&kit, &id, "pending_approval").await;
    let told = second(&kit, "POST", &id, "approve", json!({})).await;
    assert_eq!(told.0, 404, "{}", told.1);
    kit.stop().await;
}

#[tokio::test]
async fn a_slot_whose_audience_needs_an_approval_has_no_run_and_the_series_goes_on() {
    let kit = kit(2).await;
    let own = json!({"approval_from": 40});
    assert_eq!(kit.put("/v1/campaign-settings", own).await.0, 200);
    let id = create(&kit, daily()).await;
    assert_eq!(ask(&kit, &id, "launch").await.0, 202);
    let mut wanted = Vec::new();
    let refused = ("failed", json!("campaign.approval_required"));
    for (minutes, people, fate) in [
        (61, 2, ("started", Value::Null)),
        (1440, 40, refused),
        (1440, 39, ("started", Value::Null)),
    ] {
        fake::world(kit.tenant).people = people;
        kit.clock.advance(Span::minutes(minutes));
        wanted.insert(0, fate);
        until_past(&kit, &id, &wanted).await;
        until_campaign(&kit, &id, "scheduled").await;
    }
    let released = fake::world(kit.tenant).released.clone();
    assert_eq!((released.len(), released[&0], released[&38]), (39, 2, 1));
    kit.stop().await;
}
