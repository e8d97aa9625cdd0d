//! A campaign once more.

use chrono::Duration as Span;
use serde_json::json;

use crate::story::*;

#[tokio::test]
async fn a_clone_is_a_draft_that_says_the_same() {
    let kit = kit(5).await;
    let mut body = draft();
    body["schedule"] = json!({"at": {"local": "2026-06-10T14:00", "timezone": "America/New_York"}});
    body["valid_for"] = json!("PT5H");
    let id = create(&kit, body).await;
    let path = format!("/v1/campaigns/{id}/clone");
    let (status, copy) = kit.post(&path, json!({})).await;
    assert_eq!(
        (status, &copy["name"], &copy["state"]),
        (201, &json!("Spring sale (copy)"), &json!("draft")),
        "{copy}"
    );
    let (_, of) = kit.get(&format!("/v1/campaigns/{id}")).await;
    for key in [
        "class",
        "programme",
        "template",
        "sender",
        "audience",
        "schedule",
        "valid_for_seconds",
        "mode",
    ] {
        assert_eq!(copy[key], of[key], "{key}");
    }
    assert_ne!(copy["id"], of["id"]);

    // Its time has passed, and it has run: the copy has neither time nor run.
    ask(&kit, &id, "launch").await;
    kit.clock.advance(Span::hours(4));
    until_state(&kit, &id, "completed").await;
    let (status, late) = kit.post(&path, json!({"name": "Again"})).await;
    assert_eq!(
        (status, &late["name"], &late["schedule"], &late["run"]),
        (201, &json!("Again"), &json!(null), &json!(null)),
        "{late}"
    );
    let (status, told) = kit.post(&path, json!({"name": " "})).await;
    assert_eq!(
        (status, &told["errors"][0]["pointer"]),
        (422, &json!("/name"))
    );
    let copy = late["id"].as_str().unwrap();
    assert_eq!(ask(&kit, copy, "launch").await.0, 202);
    until_state(&kit, copy, "completed").await;
    kit.stop().await;
}

#[tokio::test]
async fn a_clone_keeps_a_rule_that_has_slots_to_come() {
    let kit = kit(5).await;
    let mut body = draft();
    body["schedule"] = json!({"cron": "0 10 * * *", "timezone": "America/New_York"});
    let id = create(&kit, body).await;
    let (status, copy) = ask(&kit, &id, "clone").await;
    assert_eq!(
        (status, &copy["schedule"]["cron"]),
        (201, &json!("0 10 * * *")),
        "{copy}"
    );
    kit.stop().await;
}
