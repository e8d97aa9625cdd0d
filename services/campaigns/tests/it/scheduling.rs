//! Campaigns that start at a time.

use std::time::Duration;

use serde_json::json;

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
