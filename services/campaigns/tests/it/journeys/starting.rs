//! Events start runs: each once, one run per key and contact, many at a time.

use super::*;

#[tokio::test]
async fn an_event_starts_a_run_and_the_same_event_again_changes_nothing() {
    let kit = kit(10).await;
    let id = published(&kit, TWO_TEXTS).await;
    let placed = event("e1", "order.placed", 1, &json!({"order": "o1"}));
    assert_eq!(
        tell(&kit, &[placed.clone(), placed.clone()]).await["accepted"],
        1
    );
    let started = until_runs(&kit, &id, |runs| runs.len() == 1).await;
    assert_eq!(
        tell(&kit, &[placed]).await,
        json!({"accepted": 0, "duplicates": 1, "unknown": []})
    );
    let full = run(&kit, &started[0]["id"]).await;
    assert_eq!(
        (texts(&full), &full["at"], &full["key"]),
        (1, &json!(["pause"]), &json!("o1"))
    );
    assert!(
        full["texts"][0]["message"]
            .as_str()
            .unwrap()
            .starts_with("msg_")
    );
    kit.clock.advance(chrono::Duration::hours(1));
    let ended = until_runs(&kit, &id, |runs| runs[0]["state"] == "completed").await;
    assert_eq!(
        (ended.len(), texts(&run(&kit, &ended[0]["id"]).await)),
        (1, 2)
    );
    kit.stop().await;
}

#[tokio::test]
async fn thousands_of_runs_start_and_go_on_in_batches_across_a_restart() {
    let kit = kit(3_000).await;
    let id = published(&kit, TWO_TEXTS).await;
    for batch in 0..3 {
        let events: Vec<Value> = (0..1_000)
            .map(|n| batch * 1_000 + n)
            .map(|n| event(&format!("e{n}"), "order.placed", n, &json!({"order": n})))
            .collect();
        assert_eq!(tell(&kit, &events).await["accepted"], 1_000);
    }
    let kit = kit.restart().await;
    let live = async |kit: &Kit| {
        let (status, journey) = kit.get(&format!("/v1/journeys/{id}")).await;
        assert_eq!(status, 200, "{journey}");
        journey["live_runs"]["1"].as_u64().unwrap_or(0)
    };
    while live(&kit).await < 3_000 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    kit.clock.advance(chrono::Duration::hours(1));
    let kit = kit.restart().await;
    while live(&kit).await > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for some in runs(&kit, &id).await.iter().step_by(40) {
        assert_eq!(texts(&run(&kit, &some["id"]).await), 2, "{some}");
    }
    kit.stop().await;
}

#[tokio::test]
async fn a_restart_by_key_withdraws_what_was_queued_and_an_exit_ends_the_run() {
    let kit = kit(10).await;
    let id = published(&kit, TWO_TEXTS).await;
    tell(
        &kit,
        &[event("e1", "order.placed", 1, &json!({"order": "o1"}))],
    )
    .await;
    until_runs(&kit, &id, |runs| runs.len() == 1).await;
    tell(
        &kit,
        &[
            event("e2", "order.placed", 1, &json!({"order": "o1"})),
            event("e3", "order.placed", 1, &json!({"order": "o2"})),
        ],
    )
    .await;
    let both = until_runs(&kit, &id, |runs| runs.len() == 2).await;
    assert!(both.iter().all(|run| run["state"] == "active"));
    tell(&kit, &[event("e4", "order.returned", 1, &json!({}))]).await;
    let ended = until_runs(&kit, &id, |runs| {
        runs.iter().all(|run| run["state"] == "cancelled")
    })
    .await;
    assert_eq!(ended.len(), 2);
    kit.clock.advance(chrono::Duration::hours(2));
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(texts(&run(&kit, &ended[0]["id"]).await), 1);
    kit.stop().await;
}

#[tokio::test]
async fn two_people_may_share_a_key_and_each_has_a_run() {
    let kit = kit(10).await;
    let id = published(&kit, TWO_TEXTS).await;
    for person in [1, 2] {
        let placed = event(
            &format!("e{person}"),
            "order.placed",
            person,
            &json!({"order": "shared"}),
        );
        tell(&kit, &[placed]).await;
    }
    let both = until_runs(&kit, &id, |runs| runs.len() == 2).await;
    assert!(both.iter().all(|run| run["key"] == "shared"));
    kit.stop().await;
}

#[tokio::test]
async fn bad_events_are_told_all_at_once_and_none_is_taken() {
    let kit = kit(10).await;
    let bad = json!({"events": [
        {"id": "", "name": "order.placed", "contact": {"phone": "+12"}},
        {"id": "x", "name": "Order Placed", "contact": {}, "data": 3},
    ]});
    let (status, problem) = kit.post("/v1/events", bad).await;
    assert_eq!((status, &problem["code"]), (422, &json!("event.invalid")));
    let pointers: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(
        pointers,
        [
            "/events/0/id",
            "/events/0/contact/phone",
            "/events/1/name",
            "/events/1/data",
            "/events/1/contact"
        ]
    );
    assert_eq!(kit.post("/v1/events", json!({"events": []})).await.0, 422);
    kit.stop().await;
}
