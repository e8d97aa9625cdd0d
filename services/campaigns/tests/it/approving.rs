//! Four eyes: what somebody else approves, and what voids it.

use chrono::Duration as Span;
use serde_json::{Value, json};
use testkit::Kit;

use crate::fake;
use crate::preflight::looked;
use crate::story::*;

/// With the tenant's other key.
pub async fn second(kit: &Kit, method: &str, id: &str, verb: &str, body: Value) -> (u16, Value) {
    let client = kit.with_key(&kit.live_key);
    let path = match verb {
        "" => format!("/v1/campaigns/{id}"),
        verb => format!("/v1/campaigns/{id}/{verb}"),
    };
    let body = serde_json::to_vec(&body).unwrap();
    client
        .send(method, &path, "application/json", body)
        .await
        .unwrap()
}

pub async fn approved(kit: &Kit, body: Value) -> String {
    let id = create(kit, body).await;
    looked(kit, &id).await;
    let (status, told) = ask(kit, &id, "submit").await;
    assert_eq!(
        (status, &told["state"]),
        (200, &json!("pending_approval")),
        "{told}"
    );
    let (status, told) = second(kit, "POST", &id, "approve", json!({})).await;
    assert_eq!(
        (status, &told["state"]),
        (200, &json!("approved")),
        "{told}"
    );
    id
}

pub fn refused(told: &(u16, Value), status: u16, code: &str) {
    assert_eq!(
        (told.0, &told.1["code"]),
        (status, &json!(code)),
        "{}",
        told.1
    );
}

pub fn void(told: &(u16, Value), what: &[&str]) {
    refused(told, 422, "campaign.approval_void");
    let named: Vec<&str> = told.1["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(named, what, "{}", told.1);
}

#[tokio::test]
async fn a_campaign_above_the_threshold_is_launched_only_with_the_approval_of_another_key() {
    let kit = kit(40).await;
    let own = json!({"approval_from": 40});
    assert_eq!(kit.put("/v1/campaign-settings", own).await.0, 200);
    let id = create(&kit, draft()).await;
    refused(
        &ask(&kit, &id, "submit").await,
        403,
        "campaign.preflight_required",
    );
    let found = looked(&kit, &id).await;
    refused(
        &ask(&kit, &id, "launch").await,
        403,
        "campaign.approval_required",
    );
    assert_eq!(ask(&kit, &id, "submit").await.0, 200);
    refused(&ask(&kit, &id, "launch").await, 409, "campaign.state");
    refused(&ask(&kit, &id, "approve").await, 403, "campaign.four_eyes");
    let (_, question) = kit.get(&format!("/v1/campaigns/{id}/approval")).await;
    assert_eq!(
        (&question["state"], &question["preflight"]),
        (&json!("pending"), &found["id"]),
        "{question}"
    );
    assert_eq!(
        question["bound"]["forecast"]["would_send"],
        found["report"]["would_send"]
    );
    let wrong = json!({"hash": "00"});
    refused(
        &second(&kit, "POST", &id, "approve", wrong).await,
        422,
        "campaign.approval_void",
    );
    let signed = json!({"hash": question["hash"]});
    let (status, told) = second(&kit, "POST", &id, "approve", signed).await;
    assert_eq!(
        (status, &told["state"]),
        (200, &json!("approved")),
        "{told}"
    );
    assert_eq!(ask(&kit, &id, "launch").await.0, 202);
    until_state(&kit, &id, "completed").await;
    kit.stop().await;
}

#[tokio::test]
async fn whoever_last_changed_a_campaign_cannot_approve_it_either() {
    let kit = kit(20).await;
    let id = create(&kit, draft()).await;
    let (status, _) = second(&kit, "PATCH", &id, "", json!({"valid_for": 3})).await;
    assert_eq!(status, 200);
    looked(&kit, &id).await;
    assert_eq!(ask(&kit, &id, "submit").await.0, 200);
    let told = second(&kit, "POST", &id, "approve", json!({})).await;
    refused(&told, 403, "campaign.four_eyes");
    refused(&ask(&kit, &id, "approve").await, 403, "campaign.four_eyes");
    kit.stop().await;
}

#[tokio::test]
async fn an_approval_is_void_when_anything_it_is_bound_to_moves() {
    let kit = kit(40).await;
    fake::world(kit.tenant).looks.price = 10_000;
    let id = approved(&kit, draft()).await;
    let path = format!("/v1/campaigns/{id}");
    // A name is for us, not for those who are texted.
    assert_eq!(kit.patch(&path, json!({"name": "Easter"})).await.0, 200);
    let edit = json!({"programme": "newsletter"});
    let (status, told) = kit.patch(&path, edit).await;
    assert_eq!((status, &told["state"]), (200, &json!("approved")));
    void(&ask(&kit, &id, "launch").await, &["/content"]);
    kit.patch(&path, json!({"programme": "default"})).await;
    for (change, back, what) in [(1, 0, "/content"), (1, 0, "/policy"), (41, 40, "/audience")] {
        let set = |to: u32| {
            let mut world = fake::world(kit.tenant);
            match what {
                "/content" => world.looks.newer_templates = to,
                "/policy" => world.looks.newer_policies = to,
                _ => world.people = to,
            }
        };
        set(change);
        void(&ask(&kit, &id, "launch").await, &[what]);
        set(back);
    }
    // A later preflight that expects another cost: within five percent, then beyond.
    fake::world(kit.tenant).looks.price = 10_501;
    looked(&kit, &id).await;
    void(&ask(&kit, &id, "launch").await, &["/cost"]);
    fake::world(kit.tenant).looks.price = 10_500;
    looked(&kit, &id).await;
    let (status, told) = ask(&kit, &id, "launch").await;
    assert_eq!(status, 202, "{told}");
    until_state(&kit, &id, "completed").await;
    kit.stop().await;
}

#[tokio::test]
async fn what_was_edited_after_it_was_submitted_is_not_approved() {
    let kit = kit(20).await;
    let id = create(&kit, draft()).await;
    looked(&kit, &id).await;
    ask(&kit, &id, "submit").await;
    let path = format!("/v1/campaigns/{id}");
    assert_eq!(kit.patch(&path, json!({"valid_for": 3})).await.0, 200);
    let told = second(&kit, "POST", &id, "approve", json!({})).await;
    void(&told, &["/content"]);
    refused(
        &ask(&kit, &id, "submit").await,
        422,
        "campaign.preflight_stale",
    );
    looked(&kit, &id).await;
    assert_eq!(ask(&kit, &id, "submit").await.0, 200);
    let told = second(&kit, "POST", &id, "approve", json!({})).await;
    assert_eq!(told.0, 200, "{}", told.1);
    kit.stop().await;
}

#[tokio::test]
async fn a_rejected_campaign_is_a_draft_again_and_an_approval_can_be_taken_back() {
    let kit = kit(20).await;
    let id = approved(&kit, draft()).await;
    refused(
        &second(&kit, "POST", &id, "reject", json!({"reason": " "})).await,
        422,
        "field.range",
    );
    let reason = json!({"reason": "the offer ends before it starts"});
    let (status, told) = second(&kit, "POST", &id, "reject", reason).await;
    assert_eq!((status, &told["state"]), (200, &json!("draft")), "{told}");
    let (_, question) = kit.get(&format!("/v1/campaigns/{id}/approval")).await;
    assert_eq!(
        (&question["state"], &question["reason"]),
        (
            &json!("rejected"),
            &json!("the offer ends before it starts")
        )
    );
    // Nobody needs an approval here, so it may go as a draft.
    assert_eq!(ask(&kit, &id, "launch").await.0, 202);
    kit.stop().await;
}

#[tokio::test]
async fn an_approved_campaign_whose_words_change_before_its_time_does_not_start() {
    let kit = kit(20).await;
    let mut body = draft();
    body["schedule"] = json!({"at": "2026-06-10T18:00:00Z"});
    let id = approved(&kit, body.clone()).await;
    let other = approved(&kit, body).await;
    for id in [&id, &other] {
        let (status, told) = ask(&kit, id, "launch").await;
        assert_eq!(
            (status, &told["state"]),
            (202, &json!("scheduled")),
            "{told}"
        );
    }
    ask(&kit, &other, "cancel").await;
    fake::world(kit.tenant).looks.newer_templates = 1;
    kit.clock.advance(Span::hours(4));
    sent_back(&kit, &id, "moved: content").await;
    kit.stop().await;
}

/// It asks for another approval, says what has moved, and has sent nothing.
async fn sent_back(kit: &Kit, id: &str, note: &str) {
    let stands = until_state(kit, id, "pending_approval").await;
    assert_eq!(stands["state_reason"], "campaign.approval_void");
    let (_, history) = kit.get(&format!("/v1/campaigns/{id}/history")).await;
    let last = history["data"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["action"], &last["reason"], &last["note"]),
        (
            &json!("begin"),
            &json!("campaign.approval_void"),
            &json!(note)
        )
    );
    let (_, question) = kit.get(&format!("/v1/campaigns/{id}/approval")).await;
    assert_eq!(question["state"], "pending", "{question}");
    assert!(fake::world(kit.tenant).released.is_empty());
}

#[tokio::test]
async fn an_approved_campaign_does_not_start_with_other_people_or_policies_until_it_is_approved_again()
 {
    let kit = kit(20).await;
    let mut body = draft();
    body["schedule"] = json!({"at": "2026-06-10T18:00:00Z"});
    let grown = approved(&kit, body.clone()).await;
    assert_eq!(ask(&kit, &grown, "launch").await.0, 202);
    fake::world(kit.tenant).people = 21;
    kit.clock.advance(Span::hours(4));
    sent_back(&kit, &grown, "moved: audience").await;
    // It goes the same way again, at another time.
    let path = format!("/v1/campaigns/{grown}");
    let later = json!({"schedule": {"at": "2026-06-11T18:00:00Z"}});
    assert_eq!(kit.patch(&path, later).await.0, 200);
    looked(&kit, &grown).await;
    assert_eq!(ask(&kit, &grown, "submit").await.0, 200);
    let told = second(&kit, "POST", &grown, "approve", json!({})).await;
    assert_eq!(told.0, 200, "{}", told.1);
    assert_eq!(ask(&kit, &grown, "launch").await.0, 202);
    fake::world(kit.tenant).looks.newer_policies = 1;
    kit.clock.advance(Span::hours(24));
    sent_back(&kit, &grown, "moved: policy").await;
    kit.stop().await;
}

#[tokio::test]
async fn above_the_cost_that_a_tenant_sets_another_key_approves() {
    let kit = kit(40).await;
    fake::world(kit.tenant).looks.price = 10_000;
    let cost = |micros: i64| json!({"approval_from_cost": {"micros": micros, "currency": "USD"}});
    let would = i64::try_from(expected(40).2).unwrap() * 2 * 10_000;
    kit.put("/v1/campaign-settings", cost(would)).await;
    let id = create(&kit, draft()).await;
    refused(
        &ask(&kit, &id, "launch").await,
        403,
        "campaign.preflight_required",
    );
    looked(&kit, &id).await;
    refused(
        &ask(&kit, &id, "launch").await,
        403,
        "campaign.approval_required",
    );
    kit.put("/v1/campaign-settings", cost(would + 1)).await;
    assert_eq!(ask(&kit, &id, "launch").await.0, 202);
    kit.stop().await;
}
