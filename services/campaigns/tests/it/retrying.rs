//! Texting those again whose text failed.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::Kit;

use crate::approving::{approved, refused, void};
use crate::fake;
use crate::preflight::looked;
use crate::story::*;

const PEOPLE: u32 = 1_200;

async fn completed(kit: &Kit) -> String {
    let id = launched(kit).await;
    until_state(kit, &id, "completed").await;
    id
}

async fn runs(kit: &Kit, id: &str) -> Vec<Value> {
    let (status, runs) = kit.get(&format!("/v1/campaigns/{id}/runs")).await;
    assert_eq!(status, 200, "{runs}");
    runs["data"].as_array().unwrap().clone()
}

/// The retry has begun and ended.
pub async fn retried(kit: &Kit, id: &str, body: Value) -> Value {
    let before = progress(kit, id).await["run"].clone();
    let (status, campaign) = kit.post(&format!("/v1/campaigns/{id}/retry"), body).await;
    assert_eq!(status, 202, "{campaign}");
    until(kit, id, |progress| {
        progress["run"] != before && progress["state"] == "completed"
    })
    .await
}

/// People who were released so many times.
fn released(kit: &Kit, times: u32) -> BTreeSet<u32> {
    let world = fake::world(kit.tenant);
    let people = world.released.iter().filter(|(_, seen)| **seen == times);
    people.map(|(person, _)| *person).collect()
}

/// People whose text the fake fails.
fn failing() -> BTreeSet<u32> {
    (0..PEOPLE).filter(|n| n % 512 % 10 == 1).collect()
}

#[tokio::test]
async fn a_retry_texts_those_whose_text_failed_and_nobody_else_again_and_again() {
    let kit = kit(PEOPLE).await;
    let id = completed(&kit).await;
    let failed = failing();
    let first = retried(&kit, &id, json!({})).await;
    assert_eq!(first["recipients"], failed.len());
    assert_eq!(released(&kit, 2), failed);
    // Of the second run's positions the second of every ten fails again.
    let again = (0..failed.len()).filter(|n| n % 10 == 1).count();
    assert_eq!(first["failed"]["MERGE_FIELD_MISSING"], again);
    let second = retried(&kit, &id, json!({"include": []})).await;
    assert_eq!(second["recipients"], again);
    let wanted: BTreeSet<u32> = failed.into_iter().skip(1).step_by(10).collect();
    assert_eq!(released(&kit, 3), wanted);
    let runs = runs(&kit, &id).await;
    assert_eq!(runs.len(), 3);
    assert_eq!(
        (
            &runs[0]["retry_of"],
            &runs[1]["retry_of"],
            &runs[2]["retry_of"]
        ),
        (&runs[1]["run"], &runs[2]["run"], &json!(null))
    );
    assert_eq!(runs[2]["recipients"], PEOPLE);
    assert_eq!(runs[2]["handed_over"], expected(PEOPLE).2);
    assert!(runs.iter().all(|run| run["state"] == "closed"));
    kit.stop().await;
}

#[tokio::test]
async fn undelivered_texts_are_retried_where_that_is_asked_for() {
    let kit = kit(PEOPLE).await;
    let id = completed(&kit).await;
    // Of those not delivered two were never handed over.
    fake::world(kit.tenant).undelivered = vec![0, 1, 5, 7];
    let mut wanted = failing();
    wanted.extend([5, 7]);
    let progress = retried(&kit, &id, json!({"include": ["undelivered"]})).await;
    assert_eq!(progress["recipients"], wanted.len());
    assert_eq!(released(&kit, 2), wanted);
    let (status, problem) = kit
        .post(
            &format!("/v1/campaigns/{id}/retry"),
            json!({"include": ["unknown"]}),
        )
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("field.invalid")),
        "{problem}"
    );
    kit.stop().await;
}

#[tokio::test]
async fn a_second_retry_waits_for_the_first_across_a_restart() {
    let kit = kit(PEOPLE).await;
    let id = completed(&kit).await;
    fake::world(kit.tenant).deaf = true;
    assert_eq!(ask(&kit, &id, "retry").await.0, 202);
    let (status, problem) = ask(&kit, &id, "retry").await;
    assert_eq!((status, &problem["code"]), (409, &json!("campaign.state")));
    fake::world(kit.tenant).deaf = false;
    let kit = kit.restart().await;
    let progress = until_state(&kit, &id, "completed").await;
    assert_eq!(progress["recipients"], failing().len());
    kit.stop().await;
}

#[tokio::test]
async fn where_nobody_failed_or_a_human_cancelled_there_is_nothing_to_retry() {
    let kit = kit(1).await;
    let id = completed(&kit).await;
    let (status, problem) = ask(&kit, &id, "retry").await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("campaign.nothing_to_retry"))
    );
    fake::world(kit.tenant).deaf = true;
    let id = launched(&kit).await;
    until(&kit, &id, |progress| progress["chunks"]["released"] == 1).await;
    assert_eq!(ask(&kit, &id, "cancel").await.0, 200);
    assert_eq!(ask(&kit, &id, "retry").await.0, 409);
    kit.stop().await;
}

#[tokio::test]
async fn what_an_envelope_stopped_can_be_retried() {
    let kit = kit(3_000).await;
    let mut body = draft();
    body["envelope"] = json!({"max_error_percent": 6});
    let id = create(&kit, body).await;
    ask(&kit, &id, "launch").await;
    until(&kit, &id, |progress| {
        progress["state"] == "cancelled" && !progress["closed_at"].is_null()
    })
    .await;
    // Twelve of the canary's hundred failed; of them two are suppressed and two fail again.
    let progress = retried(&kit, &id, json!({})).await;
    assert_eq!(
        (&progress["recipients"], &progress["handed_over"]),
        (&json!(12), &json!(8))
    );
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(fake::world(kit.tenant).released.len(), 100);
    kit.stop().await;
}

async fn retry(kit: &Kit, id: &str, body: Value) -> (u16, Value) {
    kit.post(&format!("/v1/campaigns/{id}/retry"), body).await
}

#[tokio::test]
async fn a_retry_of_an_approved_campaign_sends_no_words_that_nobody_approved() {
    let kit = kit(40).await;
    let own = json!({"approval_from": 40});
    assert_eq!(kit.put("/v1/campaign-settings", own).await.0, 200);
    let id = approved(&kit, draft()).await;
    assert_eq!(ask(&kit, &id, "launch").await.0, 202);
    until_state(&kit, &id, "completed").await;
    fake::world(kit.tenant).looks.newer_templates = 1;
    void(&ask(&kit, &id, "retry").await, &["/content"]);
    fake::world(kit.tenant).looks.newer_policies = 1;
    let same = json!({"template": "as_sent"});
    void(&retry(&kit, &id, same.clone()).await, &["/policy"]);
    assert_eq!(progress(&kit, &id).await["state"], "completed");
    fake::world(kit.tenant).looks.newer_policies = 0;
    let again = retried(&kit, &id, same).await;
    assert_eq!(again["recipients"], 4);
    let runs = runs(&kit, &id).await;
    let versions: Vec<&Value> = runs.iter().map(|run| &run["template_version"]).collect();
    assert_eq!(versions, [3, 3]);
    kit.stop().await;
}

#[tokio::test]
async fn a_throttle_that_was_changed_under_way_does_not_void_the_approval_of_a_retry() {
    let kit = kit(40).await;
    let mut body = draft();
    body["schedule"] = json!({"at": "2026-06-10T18:00:00Z"});
    let id = approved(&kit, body).await;
    assert_eq!(ask(&kit, &id, "launch").await.0, 202);
    let path = format!("/v1/campaigns/{id}/throttle");
    // After the start, which compares it.
    fake::world(kit.tenant).deaf = true;
    kit.clock.advance(chrono::Duration::hours(3));
    until(&kit, &id, |progress| progress["chunks"]["released"] == 1).await;
    let slow = json!({"per_minute": 6_000});
    assert_eq!(kit.post(&path, slow).await.0, 200);
    fake::world(kit.tenant).deaf = false;
    let kit = kit.restart().await;
    until_state(&kit, &id, "completed").await;
    assert_eq!(retried(&kit, &id, json!({})).await["recipients"], 4);
    kit.stop().await;
}

#[tokio::test]
async fn a_retry_of_many_people_needs_the_approval_or_the_preflight_that_a_launch_would() {
    let kit = kit(40).await;
    let seen = create(&kit, draft()).await;
    looked(&kit, &seen).await;
    assert_eq!(ask(&kit, &seen, "launch").await.0, 202);
    until_state(&kit, &seen, "completed").await;
    let id = completed(&kit).await;
    // Four of each have failed.
    let settings = async |own: Value| {
        let (status, told) = kit.put("/v1/campaign-settings", own).await;
        assert_eq!(status, 200, "{told}");
    };
    settings(json!({"approval_from": 4})).await;
    let told = ask(&kit, &id, "retry").await;
    refused(&told, 403, "campaign.approval_required");
    settings(json!({"preflight_from": 4})).await;
    let told = ask(&kit, &id, "retry").await;
    refused(&told, 403, "campaign.preflight_required");
    assert_eq!(retried(&kit, &seen, json!({})).await["recipients"], 4);
    settings(json!({"preflight_from": 5, "approval_from": 5})).await;
    assert_eq!(retried(&kit, &id, json!({})).await["recipients"], 4);
    kit.stop().await;
}

#[tokio::test]
async fn a_retry_at_night_waits_for_the_window_of_the_campaign() {
    let kit = kit(40).await;
    for (schedule, hours) in [
        // At 11:00 in New York, where everybody lives.
        (
            json!({"window": {"from": "09:00", "to": "20:00", "timezone": "contact"}, "expires_after": "PT2H"}),
            0,
        ),
        // At 23:00 of the next day.
        (
            json!({"at": {"local": "2026-06-12T11:00"}, "timezone": "contact", "expires_after": "PT2H",
                "window": {"from": "09:00", "to": "20:00", "outside": "earlier"}}),
            12,
        ),
    ] {
        let mut body = draft();
        body["schedule"] = schedule;
        let id = create(&kit, body).await;
        assert_eq!(ask(&kit, &id, "launch").await.0, 202);
        kit.clock.advance(chrono::Duration::hours(hours));
        until_state(&kit, &id, "completed").await;
        fake::world(kit.tenant).heads.clear();
        kit.clock.advance(chrono::Duration::hours(12));
        assert_eq!(ask(&kit, &id, "retry").await.0, 202);
        until(&kit, &id, |progress| progress["held"] == 4).await;
        assert!(fake::world(kit.tenant).heads.is_empty());
        // 09:00 of the next morning, two hours before its end.
        kit.clock.advance(chrono::Duration::hours(10));
        until_state(&kit, &id, "completed").await;
        let heads = fake::world(kit.tenant).heads.clone();
        assert_eq!(heads.len(), 4);
        let valid = |one: &fake::Released| one.valid_until.to_utc().format("%H:%M").to_string();
        assert!(heads.values().all(|one| valid(one) == "15:00"), "{heads:?}");
        // On to 23:00.
        kit.clock.advance(chrono::Duration::hours(14));
    }
    kit.stop().await;
}

/// Every page of the recipients at an outcome.
async fn recipients(kit: &Kit, id: &str, query: &str) -> Vec<Value> {
    let path = format!("/v1/campaigns/{id}/recipients?{query}");
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let (status, page) = kit.get(&format!("{path}{cursor}")).await;
        assert_eq!(status, 200, "{page}");
        all.extend(page["data"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[tokio::test]
async fn those_whose_text_failed_are_listed_with_the_reason_page_by_page() {
    let kit = kit(PEOPLE).await;
    let id = create(&kit, draft()).await;
    assert!(recipients(&kit, &id, "outcome=failed").await.is_empty());
    assert_eq!(ask(&kit, &id, "launch").await.0, 202);
    until_state(&kit, &id, "completed").await;
    let failed = recipients(&kit, &id, "outcome=failed&limit=7").await;
    let contacts = |rows: &[Value]| -> Vec<String> {
        let of = |row: &Value| row["contact"].as_str().unwrap().to_string();
        rows.iter().map(of).collect()
    };
    let wanted: Vec<String> = failing()
        .into_iter()
        .map(|n| fake::contact(n).to_string())
        .collect();
    assert_eq!(contacts(&failed), wanted);
    assert!(
        failed
            .iter()
            .all(|row| { row["outcome"] == "failed" && row["reason"] == "MERGE_FIELD_MISSING" })
    );
    let suppressed = recipients(&kit, &id, "outcome=suppressed&limit=200").await;
    assert_eq!(suppressed.len() as u64, expected(PEOPLE).0);
    assert_eq!(suppressed[0]["reason"], "NO_CONSENT");
    // After a retry the list is of its run, and the one before is asked for by name.
    let first = progress(&kit, &id).await["run"]
        .as_str()
        .unwrap()
        .to_string();
    let retry = retried(&kit, &id, json!({})).await;
    let again = recipients(&kit, &id, "outcome=failed").await;
    assert_eq!(again.len(), retry["failed"]["MERGE_FIELD_MISSING"]);
    let before = recipients(&kit, &id, &format!("outcome=failed&run={first}")).await;
    assert_eq!(before, failed);
    let other = launched(&kit).await;
    for (id, query, status) in [
        (&other, format!("outcome=failed&run={first}"), 404),
        (&other, format!("outcome=failed&cursor={first}.0.0"), 404),
        (&id, "outcome=failed&cursor=x".to_string(), 400),
        (&id, "outcome=delivered".to_string(), 400),
        (&id, String::new(), 400),
    ] {
        let path = format!("/v1/campaigns/{id}/recipients?{query}");
        let told = kit.get(&path).await;
        assert_eq!(told.0, status, "{query}: {}", told.1);
    }
    kit.stop().await;
}
