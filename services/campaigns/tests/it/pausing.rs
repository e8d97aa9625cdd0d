//! Pause, resume, cancel.

use std::time::Duration;

use crate::fake;
use crate::story::*;

/// More than the release window, so that most chunks wait when the campaign is stopped.
const PEOPLE: u32 = 60 * 512;

#[tokio::test]
async fn nothing_leaves_after_a_pause_is_answered_and_everything_after_the_resume() {
    let kit = kit(PEOPLE).await;
    // Most chunks still wait when the pause comes.
    fake::world(kit.tenant).chunk_takes = 500;
    let id = launched(&kit).await;
    until(&kit, &id, |progress| {
        progress["state"] == "running" && progress["handed_over"] != 0
    })
    .await;
    let (status, body) = ask(&kit, &id, "pause").await;
    assert_eq!(
        (status, body["state"].as_str()),
        (200, Some("paused")),
        "{body}"
    );
    let texts = fake::world(kit.tenant).texts.len();
    // Twice as long as what was on its way takes.
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    assert_eq!(fake::world(kit.tenant).texts.len(), texts);
    let paused = progress(&kit, &id).await;
    assert_eq!(paused["state"], "paused");
    assert!(
        u64::try_from(texts).unwrap() < expected(PEOPLE).2 && texts > 0,
        "{paused}"
    );
    fake::world(kit.tenant).chunk_takes = 0;
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
    // What was on its way is still reported on; nobody is handed over.
    fake::world(kit.tenant).deaf = false;
    let progress = until(&kit, &id, |progress| progress["pending"] == 0).await;
    assert_eq!(
        (&progress["state"], &progress["handed_over"]),
        (&"cancelled".into(), &0.into())
    );
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

#[tokio::test]
async fn a_hand_over_that_overtook_a_cancellation_wins_and_the_sums_are_said_again() {
    let kit = kit(512).await;
    fake::world(kit.tenant).deaf = true;
    let id = launched(&kit).await;
    until(&kit, &id, |progress| progress["chunks"]["released"] == 1).await;
    assert_eq!(ask(&kit, &id, "cancel").await.0, 200);
    until(&kit, &id, |progress| progress["cancelled"] == 512).await;
    let closed = said(&kit, 1).await;
    assert_eq!((closed.cancelled, closed.handed_over), (512, 0));
    assert_eq!((closed.revision, closed.restated_at), (1, None));
    let late = fake::late_hand_over(closed.run, closed.campaign, 7);
    kit.bus.publish(kit.tenant, &late).await.unwrap();
    until(&kit, &id, |progress| {
        progress["handed_over"] == 1 && progress["cancelled"] == 511
    })
    .await;
    let closed = said(&kit, 2).await;
    assert_eq!((closed.cancelled, closed.handed_over), (511, 1));
    assert_eq!(closed.revision, 2);
    assert!(closed.restated_at.is_some());
    kit.stop().await;
}

/// The last of `times` closings said.
async fn said(kit: &testkit::Kit, times: usize) -> contract::campaigns::RunClosed {
    for _ in 0..2_000 {
        let closed = fake::world(kit.tenant).closed.clone();
        if closed.len() == times {
            return closed.last().unwrap().clone();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the closing was not said {times} times");
}

#[tokio::test]
async fn a_campaign_is_paused_while_its_audience_is_frozen_and_prepared_on_after_the_resume() {
    let kit = kit(600).await;
    fake::world(kit.tenant).hold_pages = true;
    let id = launched(&kit).await;
    until(&kit, &id, |progress| progress["state"] == "preparing").await;
    let (status, body) = ask(&kit, &id, "pause").await;
    assert_eq!(
        (status, body["state"].as_str()),
        (200, Some("paused")),
        "{body}"
    );
    let (status, body) = ask(&kit, &id, "resume").await;
    assert_eq!(
        (status, body["state"].as_str()),
        (200, Some("preparing")),
        "{body}"
    );
    assert_eq!(ask(&kit, &id, "pause").await.0, 200);
    // What is frozen during a pause waits for the resume, too.
    fake::world(kit.tenant).hold_pages = false;
    let paused = until(&kit, &id, |progress| progress["recipients"] == 600).await;
    assert_eq!(paused["state"], "paused");
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(fake::world(kit.tenant).released.is_empty());
    let (status, body) = ask(&kit, &id, "resume").await;
    assert_eq!(
        (status, body["state"].as_str()),
        (200, Some("running")),
        "{body}"
    );
    let progress = until_state(&kit, &id, "completed").await;
    assert_eq!(progress["handed_over"], expected(600).2);
    kit.stop().await;
}
