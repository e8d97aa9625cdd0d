//! From launch to close.

use serde_json::json;

use crate::fake;
use crate::story::*;

#[tokio::test]
async fn a_launched_campaign_completes_and_its_sums_are_right() {
    let people = 12_000;
    let kit = kit(people).await;
    let id = launched(&kit).await;
    let progress = until_state(&kit, &id, "completed").await;
    let (suppressed, failed, handed_over) = expected(people);
    assert_eq!(progress["recipients"], people);
    assert_eq!(progress["suppressed"], json!({"NO_CONSENT": suppressed}));
    assert_eq!(progress["failed"], json!({"MERGE_FIELD_MISSING": failed}));
    assert_eq!(progress["handed_over"], handed_over);
    assert_eq!(
        progress["chunks"],
        json!({"total": 24, "released": 24, "settled": 24})
    );
    assert!(
        fake::world(kit.tenant)
            .released
            .values()
            .all(|times| *times == 1)
    );
    while fake::world(kit.tenant).closed.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    {
        let world = fake::world(kit.tenant);
        let (started, closed) = (&world.started[0], &world.closed[0]);
        assert_eq!(
            (started.recipients, closed.recipients),
            (u64::from(people), u64::from(people))
        );
        assert_eq!(
            (closed.suppressed, closed.failed, closed.handed_over),
            (suppressed, failed, handed_over)
        );
    }
    kit.stop().await;
}

#[tokio::test]
async fn repeated_events_change_nothing() {
    let kit = kit(1_100).await;
    fake::world(kit.tenant).stutters = true;
    let id = launched(&kit).await;
    let progress = until_state(&kit, &id, "completed").await;
    assert_eq!(progress["handed_over"], expected(1_100).2);
    kit.stop().await;
}

#[tokio::test]
async fn people_who_are_gone_are_settled_here() {
    let kit = kit(600).await;
    fake::world(kit.tenant).gone = (2..9).chain(512..600).collect();
    let id = launched(&kit).await;
    let progress = until_state(&kit, &id, "completed").await;
    assert_eq!(progress["suppressed"]["CONTACT_GONE"], 7 + 88);
    kit.stop().await;
}

#[tokio::test]
async fn a_launch_for_nobody_is_refused_and_leaves_a_draft() {
    let kit = kit(0).await;
    let id = create(&kit, draft()).await;
    let (status, problem) = ask(&kit, &id, "launch").await;
    assert_eq!(
        (
            status,
            &problem["code"],
            &problem["errors"][0]["pointer"],
            &problem["errors"][0]["code"]
        ),
        (
            422,
            &json!("campaign.empty_audience"),
            &json!("/audience"),
            &json!("campaign.empty_audience")
        ),
        "{problem}"
    );
    assert_eq!(progress(&kit, &id).await["state"], "draft");
    fake::world(kit.tenant).people = 1;
    assert_eq!(ask(&kit, &id, "launch").await.0, 202);
    kit.stop().await;
}

#[tokio::test]
async fn an_audience_that_is_still_empty_at_its_time_completes_and_says_why() {
    let kit = kit(0).await;
    let mut body = draft();
    body["schedule"] = json!({"at": "2026-06-10T17:00:00Z"});
    let id = create(&kit, body).await;
    assert_eq!(ask(&kit, &id, "launch").await.0, 202);
    kit.clock.advance(chrono::Duration::hours(2));
    let progress = until_state(&kit, &id, "completed").await;
    assert_eq!(
        (&progress["recipients"], &progress["state_reason"]),
        (&json!(0), &json!("audience.empty"))
    );
    kit.stop().await;
}

#[tokio::test]
async fn a_template_that_was_never_published_is_refused() {
    let kit = kit(10).await;
    fake::world(kit.tenant).published = false;
    let id = create(&kit, draft()).await;
    let (status, problem) = ask(&kit, &id, "launch").await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("template.not_published"))
    );
    assert_eq!(progress(&kit, &id).await["state"], "draft");
    kit.stop().await;
}
