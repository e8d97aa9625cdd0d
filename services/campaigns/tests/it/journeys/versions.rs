//! Drafts and versions: what is published, what is refused, where runs stay.

use super::*;

#[tokio::test]
async fn an_invalid_draft_replaces_nothing_and_all_of_its_faults_are_told() {
    let kit = kit(10).await;
    let id = published(&kit, TWO_TEXTS).await;
    let broken = TWO_TEXTS
        .replace("PT1H", "PT1")
        .replace("id: again", "id: hello");
    let (status, problem) = kit
        .put(&format!("/v1/journeys/{id}"), written(&broken))
        .await;
    assert_eq!((status, &problem["code"]), (422, &json!("journey.invalid")));
    let errors = problem["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 2, "{problem}");
    assert_eq!(errors[0]["pointer"], "/source/steps/1/wait/for");
    assert!(
        errors[0]["detail"].as_str().unwrap().starts_with("line "),
        "{problem}"
    );
    // Valid, but its template is bound to none: the draft is kept, the version stays.
    let unbound = TWO_TEXTS.replace(
        "template: greeting}}\n  - {id: pause",
        "template: other}}\n  - {id: pause",
    );
    assert_eq!(
        kit.put(&format!("/v1/journeys/{id}"), written(&unbound))
            .await
            .0,
        200
    );
    let (status, problem) = kit
        .post(&format!("/v1/journeys/{id}/publish"), json!({}))
        .await;
    assert_eq!(
        (status, &problem["errors"][0]["code"]),
        (422, &json!("template.unbound")),
        "{problem}"
    );
    let (_, journey) = kit.get(&format!("/v1/journeys/{id}")).await;
    assert_eq!(
        (&journey["version"], &journey["state"]),
        (&json!(1), &json!("running"))
    );
    kit.stop().await;
}

#[tokio::test]
async fn runs_stay_on_their_version_until_they_are_moved_by_the_id_of_their_step() {
    let kit = kit(10).await;
    let id = published(&kit, TWO_TEXTS).await;
    tell(
        &kit,
        &[event("e1", "order.placed", 1, &json!({"order": "o1"}))],
    )
    .await;
    until_runs(&kit, &id, |runs| runs.len() == 1).await;
    let renamed = TWO_TEXTS.replace("id: pause", "id: nap");
    assert_eq!(
        kit.put(&format!("/v1/journeys/{id}"), written(&renamed))
            .await
            .0,
        200
    );
    assert_eq!(
        kit.post(&format!("/v1/journeys/{id}/publish"), json!({}))
            .await
            .0,
        200
    );
    assert_eq!(runs(&kit, &id).await[0]["version"], 1);
    let (_, moved) = kit
        .post(&format!("/v1/journeys/{id}/migrate"), json!({}))
        .await;
    assert_eq!(moved, json!({"moved": 0, "stayed": {"pause": 1}}));
    let (_, moved) = kit
        .post(
            &format!("/v1/journeys/{id}/migrate"),
            json!({"renamed": {"pause": "nap"}}),
        )
        .await;
    assert_eq!(moved, json!({"moved": 1, "stayed": {}}));
    let run = &runs(&kit, &id).await[0];
    assert_eq!((&run["version"], &run["at"]), (&json!(2), &json!(["nap"])));
    kit.stop().await;
}

#[tokio::test]
async fn an_exit_of_the_version_they_moved_to_ends_runs_that_wait_for_an_event_alone() {
    let kit = kit(10).await;
    let waiting = "journey: v1\nname: waiting\npurpose: informational\ntrigger: {event: order.placed}\n\
        steps:\n  - {id: paid, await: {event: order.paid}}\n";
    let id = published(&kit, waiting).await;
    let of = |what: &str| format!("/v1/journeys/{id}/{what}");
    tell(&kit, &[event("e1", "order.placed", 1, &json!({}))]).await;
    until_runs(&kit, &id, |runs| runs.len() == 1).await;
    let ends = waiting.replace("steps:", "exit: [{after: P3D}]\nsteps:");
    let path = format!("/v1/journeys/{id}");
    assert_eq!(kit.put(&path, written(&ends)).await.0, 200);
    assert_eq!(kit.post(&of("publish"), json!({})).await.0, 200);
    let (_, moved) = kit.post(&of("migrate"), json!({})).await;
    assert_eq!(moved, json!({"moved": 1, "stayed": {}}));
    kit.clock.advance(chrono::Duration::hours(73));
    until_runs(&kit, &id, |runs| runs[0]["state"] == "cancelled").await;
    kit.stop().await;
}

#[tokio::test]
async fn a_version_that_is_published_during_a_pause_sends_nothing_and_runs_move_to_it_first() {
    let kit = kit(10).await;
    let id = published(&kit, TWO_TEXTS).await;
    let of = |what: &str| format!("/v1/journeys/{id}/{what}");
    let order = |told: &str, person| event(told, "order.placed", person, &json!({"order": told}));
    tell(&kit, &[order("e1", 1)]).await;
    let started = until_runs(&kit, &id, |runs| {
        runs.len() == 1 && runs[0]["at"] == json!(["pause"])
    })
    .await;
    assert_eq!(kit.post(&of("pause"), json!({})).await.0, 200);
    let mended = TWO_TEXTS.replace("id: again", "id: mended");
    let path = format!("/v1/journeys/{id}");
    assert_eq!(kit.put(&path, written(&mended)).await.0, 200);
    tell(&kit, &[order("e2", 2)]).await;
    kit.clock.advance(chrono::Duration::hours(2));
    let (status, journey) = kit.post(&of("publish"), json!({})).await;
    assert_eq!(
        (status, &journey["version"], &journey["state"]),
        (200, &json!(2), &json!("paused"))
    );
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(runs(&kit, &id).await.len(), 1);
    assert_eq!(texts(&run(&kit, &started[0]["id"]).await), 1);
    let (_, moved) = kit.post(&of("migrate"), json!({})).await;
    assert_eq!(moved, json!({"moved": 1, "stayed": {}}));
    assert_eq!(kit.post(&of("resume"), json!({})).await.0, 200);
    until_runs(&kit, &id, |runs| {
        runs.len() == 2 && runs[1]["state"] == "completed" && runs[0]["version"] == 2
    })
    .await;
    let sent = &run(&kit, &started[0]["id"]).await["texts"];
    assert_eq!(sent[1]["step"], "mended", "{sent}");
    // A draining one starts nothing by a new version either.
    assert_eq!(kit.post(&of("drain"), json!({})).await.0, 200);
    let (_, journey) = kit.post(&of("publish"), json!({})).await;
    assert_eq!(journey["state"], "draining");
    kit.stop().await;
}

#[tokio::test]
async fn a_journey_can_be_played_and_its_schema_read() {
    let kit = kit(1).await;
    let (status, played) = kit
        .post("/v1/journeys/simulate", json!({"source": TWO_TEXTS, "contact": {"timezone": "America/New_York"}, "from": "2026-06-10T15:00:00Z",
            "events": [{"event": "order.placed", "data": {"order": "o1"}}]}))
        .await;
    assert_eq!(status, 200, "{played}");
    let sends: Vec<&Value> = played["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["kind"] == "send")
        .collect();
    assert_eq!(sends.len(), 2);
    assert_eq!(
        (&sends[1]["at"], &sends[1]["local"]),
        (
            &json!("2026-06-10T16:00:00Z"),
            &json!("Wed 2026-06-10 12:00:00-04:00")
        )
    );
    let beyond = json!({"source": TWO_TEXTS, "from": "+262142-12-01T00:00:00Z", "events": []});
    let (status, problem) = kit.post("/v1/journeys/simulate", beyond).await;
    assert_eq!(status, 422, "{problem}");
    assert_eq!(problem["errors"][0]["pointer"], "/from");
    let (status, schema) = kit.get("/v1/journeys/schema").await;
    assert_eq!(
        (status, &schema["properties"]["journey"]["const"]),
        (200, &json!("v1"))
    );
    let (_, verdict) = kit
        .post("/v1/journeys/validate", json!({"source": "journey: v1\n"}))
        .await;
    assert_eq!(verdict["valid"], false);
    kit.stop().await;
}
