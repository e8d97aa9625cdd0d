//! Pauses, ends by hand, and what a run hears after its end.

use super::*;

#[tokio::test]
async fn a_paused_journey_keeps_what_arrives_and_a_draining_one_starts_nothing() {
    let kit = kit(10).await;
    let id = published(&kit, TWO_TEXTS).await;
    tell(
        &kit,
        &[event("e1", "order.placed", 1, &json!({"order": "o1"}))],
    )
    .await;
    until_runs(&kit, &id, |runs| runs.len() == 1).await;
    let (status, _) = kit
        .post(&format!("/v1/journeys/{id}/pause"), json!({}))
        .await;
    assert_eq!(status, 200);
    tell(
        &kit,
        &[
            event("e2", "order.returned", 1, &json!({})),
            event("e3", "order.placed", 2, &json!({"order": "o2"})),
        ],
    )
    .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(runs(&kit, &id).await[0]["state"], "active");
    assert_eq!(
        kit.post(&format!("/v1/journeys/{id}/resume"), json!({}))
            .await
            .0,
        200
    );
    // Newest first: what was told of another person has started them.
    until_runs(&kit, &id, |runs| {
        runs.len() == 2 && runs[0]["state"] == "active" && runs[1]["state"] == "cancelled"
    })
    .await;
    assert_eq!(
        kit.post(&format!("/v1/journeys/{id}/drain"), json!({}))
            .await
            .0,
        200
    );
    tell(
        &kit,
        &[event("e4", "order.placed", 3, &json!({"order": "o3"}))],
    )
    .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(runs(&kit, &id).await.len(), 2);
    kit.stop().await;
}

#[tokio::test]
async fn an_event_of_a_pause_starts_the_paused_journey_alone_and_once_it_is_resumed() {
    let kit = kit(10).await;
    let other = published(&kit, &TWO_TEXTS.replace("name: two-texts", "name: other")).await;
    let id = published(&kit, TWO_TEXTS).await;
    let of = |what: &str| format!("/v1/journeys/{id}/{what}");
    let order = |told: &str| event(told, "order.placed", 1, &json!({"order": "o1"}));
    assert_eq!(kit.post(&of("pause"), json!({})).await.0, 200);
    tell(&kit, &[order("e1")]).await;
    let elsewhere = until_runs(&kit, &other, |runs| runs.len() == 1).await;
    assert_eq!(runs(&kit, &id).await.len(), 0);
    assert_eq!(kit.post(&of("resume"), json!({})).await.0, 200);
    let started = until_runs(&kit, &id, |runs| runs.len() == 1).await;
    let (here, there) = (started[0]["id"].clone(), elsewhere[0]["id"].clone());
    // One that is begun anew texts anew.
    let message = async |of: &Value| run(&kit, of).await["texts"][0]["message"].clone();
    let (first_here, first_there) = (message(&here).await, message(&there).await);
    // An event for a run under way waits as well.
    assert_eq!(kit.post(&of("pause"), json!({})).await.0, 200);
    tell(&kit, &[order("e2")]).await;
    crate::appointments::until("the other one has begun anew", async || {
        message(&there).await != first_there
    })
    .await;
    let second_there = message(&there).await;
    assert_eq!(message(&here).await, first_here);
    assert_eq!(kit.post(&of("resume"), json!({})).await.0, 200);
    crate::appointments::until("this one, too", async || message(&here).await != first_here).await;
    assert_eq!(runs(&kit, &id).await.len(), 1);
    assert_eq!(message(&there).await, second_there);
    kit.stop().await;
}

#[tokio::test]
async fn a_run_hears_what_became_of_its_texts_and_can_be_stopped_by_hand() {
    let kit = kit(10).await;
    fake::world(kit.tenant).texts_wait = true;
    let id = published(&kit, TWO_TEXTS).await;
    tell(
        &kit,
        &[event("e1", "order.placed", 1, &json!({"order": "o1"}))],
    )
    .await;
    let started = until_runs(&kit, &id, |runs| runs.len() == 1).await;
    let full = run(&kit, &started[0]["id"]).await;
    let message = full["texts"][0]["message"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    fake::report_text(&kit, message, Outcome::HandedOver).await;
    let since = Instant::now();
    while run(&kit, &started[0]["id"]).await["texts"][0]["state"] != "handed_over" {
        assert!(since.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (status, _) = kit
        .post(
            &format!(
                "/v1/journey-runs/{}/stop",
                started[0]["id"].as_str().unwrap()
            ),
            json!({"reason": "called"}),
        )
        .await;
    assert_eq!(status, 202);
    let stopped = until_runs(&kit, &id, |runs| runs[0]["state"] == "stopped").await;
    assert_eq!(stopped[0]["reason"], "called");
    kit.stop().await;
}

#[tokio::test]
async fn a_run_that_has_ended_hears_of_its_goal_and_of_its_last_text() {
    let kit = kit(10).await;
    let source = "journey: v1\nname: short\npurpose: informational\ntrigger: {event: order.placed}\n\
        goal: {event: order.paid, within: P5D, value: event.total}\nsteps: [{id: hello, send: {template: greeting}}]\n";
    let id = published(&kit, source).await;
    tell(&kit, &[event("e1", "order.placed", 1, &json!({}))]).await;
    let ended = until_runs(&kit, &id, |runs| {
        runs.len() == 1 && runs[0]["state"] == "completed"
    })
    .await;
    let since = Instant::now();
    while run(&kit, &ended[0]["id"]).await["texts"][0]["state"] != "delivered" {
        assert!(since.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    kit.clock.advance(chrono::Duration::days(4));
    tell(&kit, &[event("e2", "order.paid", 1, &json!({"total": 9}))]).await;
    until_runs(&kit, &id, |runs| !runs[0]["goal_at"].is_null()).await;
    kit.stop().await;
}
