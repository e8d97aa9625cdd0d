//! Pause, resume, cancel.

use std::time::Duration;

use crate::fake;
use crate::story::*;

/// More than the release window, so that most chunks wait when the campaign is stopped.
const PEOPLE: u32 = 60 * 512;

#[tokio::test]
async fn nothing_leaves_after_a_pause_is_answered_and_everything_after_the_resume() {
    let kit = kit(PEOPLE).await;
    let id = launched(&kit).await;
    until(&kit, &id, |progress| progress["state"] == "running").await;
    let (status, body) = ask(&kit, &id, "pause").await;
    if status == 409 {
        // It was quicker than we were.
        assert_eq!(body["code"], "campaign.state");
        return kit.stop().await;
    }
    assert_eq!(
        (status, body["state"].as_str()),
        (200, Some("paused")),
        "{body}"
    );
    let texts = fake::world(kit.tenant).texts.len();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(fake::world(kit.tenant).texts.len(), texts);
    assert_eq!(progress(&kit, &id).await["state"], "paused");
    let (status, body) = ask(&kit, &id, "resume").await;
    assert_eq!(
        (status, body["state"].as_str()),
        (200, Some("running")),
        "{body}"
    );
    let progress = until_state(&kit, &id, "completed").await;
    assert_eq!(progress["handed_over"], expected(PEOPLE).2);
    kit.stop().await;
}

#[tokio::test]
async fn a_cancelled_campaign_settles_everybody_and_hands_nobody_over_any_more() {
    let kit = kit(PEOPLE).await;
    fake::world(kit.tenant).deaf = true;
    let id = launched(&kit).await;
    until(&kit, &id, |progress| {
        progress["state"] == "running" && progress["chunks"]["released"] == 48
    })
    .await;
    let (status, body) = ask(&kit, &id, "cancel").await;
    assert_eq!(
        (status, body["state"].as_str()),
        (200, Some("cancelled")),
        "{body}"
    );
    fake::world(kit.tenant).deaf = false;
    let progress = until(&kit, &id, |progress| progress["cancelled"] == PEOPLE).await;
    assert_eq!(progress["state"], "cancelled");
    assert!(fake::world(kit.tenant).texts.is_empty());
    kit.stop().await;
}

#[tokio::test]
async fn a_scheduled_campaign_can_be_cancelled_before_anyone_is_looked_up() {
    let kit = kit(10).await;
    let mut body = draft();
    body["schedule"] = serde_json::json!({"at": "2026-06-11T15:00:00Z"});
    let id = create(&kit, body).await;
    assert_eq!(ask(&kit, &id, "launch").await.1["state"], "scheduled");
    assert_eq!(ask(&kit, &id, "cancel").await.1["state"], "cancelled");
    kit.clock.advance(chrono::Duration::days(2));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(fake::world(kit.tenant).pages, 0);
    kit.stop().await;
}
