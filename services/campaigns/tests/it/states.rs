//! Drafts, bad input, and what a state does not allow.

use serde_json::json;

use crate::story::*;

#[tokio::test]
async fn a_draft_is_saved_changed_listed_and_deleted() {
    let kit = kit(1).await;
    let mut body = draft();
    body["valid_for"] = json!("PT36H");
    body["schedule"] = json!({"at": "2026-06-11T15:00:00Z"});
    let id = create(&kit, body).await;
    let path = format!("/v1/campaigns/{id}");
    let (_, campaign) = kit.get(&path).await;
    assert_eq!(
        (&campaign["valid_for_seconds"], &campaign["mode"]),
        (&json!(36 * 3600), &json!("test"))
    );
    let (status, campaign) = kit
        .patch(
            &path,
            json!({"name": "Summer", "schedule": null, "valid_for": 2}),
        )
        .await;
    assert_eq!(status, 200, "{campaign}");
    assert_eq!(
        (&campaign["name"], &campaign["schedule"]),
        (&json!("Summer"), &json!(null))
    );
    assert_eq!(campaign["valid_for_seconds"], 7200);
    let pooled = |name: &str| json!({"sender": format!("pool:{name}")});
    assert_eq!(kit.patch(&path, pooled("us")).await.0, 200);
    let (status, told) = kit.patch(&path, pooled("nobody")).await;
    assert_eq!(
        (status, &told["errors"][0]["code"]),
        (422, &json!("sender_pool.unknown")),
        "{told}"
    );
    let second = create(&kit, draft()).await;
    let (_, first_page) = kit.get("/v1/campaigns?limit=1").await;
    assert_eq!(
        (&first_page["data"][0]["id"], &first_page["has_more"]),
        (&json!(second), &json!(true))
    );
    let cursor = first_page["next_cursor"].as_str().unwrap();
    let (_, next) = kit
        .get(&format!("/v1/campaigns?limit=1&cursor={cursor}"))
        .await;
    assert_eq!(
        (&next["data"][0]["id"], &next["has_more"]),
        (&json!(id), &json!(false))
    );
    assert_eq!(kit.delete(&path).await.0, 204);
    assert_eq!(kit.get(&path).await.0, 404);
    kit.stop().await;
}

#[tokio::test]
async fn every_fault_of_a_campaign_is_named() {
    let kit = kit(1).await;
    for (pointer, value, code) in [
        ("name", json!(" "), "field.invalid"),
        ("class", json!("help_reply"), "field.invalid"),
        ("programme", json!("A b"), "field.invalid"),
        ("sender", json!("+12"), "sender.invalid"),
        ("sender", json!("pool:nobody"), "sender_pool.unknown"),
        ("audience", json!({}), "audience.unclear"),
        ("valid_for", json!("P1M"), "duration.invalid"),
        ("valid_for", json!(0), "duration.invalid"),
    ] {
        let mut body = draft();
        body[pointer] = value;
        let (status, problem) = kit.post("/v1/campaigns", body).await;
        assert_eq!(
            (status, &problem["errors"][0]["code"]),
            (422, &json!(code)),
            "{pointer}: {problem}"
        );
    }
    let mut body = draft();
    body["nmae"] = json!("x");
    let (status, problem) = kit.post("/v1/campaigns", body).await;
    assert_eq!((status, &problem["code"]), (400, &json!("field.unknown")));
    let mut body = draft();
    body["template"] = json!(LIST);
    let (status, problem) = kit.post("/v1/campaigns", body).await;
    assert_eq!((status, &problem["code"]), (400, &json!("id.wrong_type")));
    kit.stop().await;
}

#[tokio::test]
async fn what_a_state_does_not_allow_is_refused_with_what_it_does() {
    let kit = kit(1).await;
    let id = create(&kit, draft()).await;
    for action in ["pause", "resume", "cancel"] {
        let (status, problem) = ask(&kit, &id, action).await;
        assert_eq!((status, &problem["code"]), (409, &json!("campaign.state")));
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .contains("edit, delete, launch"),
            "{problem}"
        );
    }
    ask(&kit, &id, "launch").await;
    until_state(&kit, &id, "completed").await;
    for action in ["launch", "pause", "resume", "cancel"] {
        assert_eq!(ask(&kit, &id, action).await.0, 409);
    }
    let path = format!("/v1/campaigns/{id}");
    assert_eq!(kit.patch(&path, json!({"name": "late"})).await.0, 409);
    assert_eq!(kit.delete(&path).await.0, 409);
    kit.stop().await;
}

#[tokio::test]
async fn another_tenant_sees_and_changes_nothing() {
    let kit = kit(1).await;
    let id = create(&kit, draft()).await;
    let other = kit.with_key(&kit.other_key);
    let call = async |method: &str, path: &str, body: &[u8]| {
        other
            .send(method, path, "application/json", body.to_vec())
            .await
            .unwrap()
    };
    let path = format!("/v1/campaigns/{id}");
    assert_eq!(call("GET", &path, b"").await.0, 404);
    assert_eq!(call("GET", &format!("{path}/progress"), b"").await.0, 404);
    assert_eq!(call("PATCH", &path, b"{\"name\":\"mine\"}").await.0, 404);
    assert_eq!(call("POST", &format!("{path}/launch"), b"").await.0, 404);
    assert_eq!(call("DELETE", &path, b"").await.0, 404);
    assert_eq!(call("GET", "/v1/campaigns", b"").await.1["data"], json!([]));
    kit.stop().await;
}

#[tokio::test]
async fn a_test_key_cannot_launch_a_live_campaign() {
    let kit = kit(1).await;
    let live = kit.with_key(&kit.live_key);
    let campaign = live.post("/v1/campaigns", &draft()).await.unwrap();
    assert_eq!(campaign["mode"], "live");
    let id = campaign["id"].as_str().unwrap();
    let (status, problem) = ask(&kit, id, "launch").await;
    assert_eq!((status, &problem["code"]), (403, &json!("auth.test_key")));
    live.post(&format!("/v1/campaigns/{id}/launch"), &json!({}))
        .await
        .unwrap();
    until_state(&kit, id, "completed").await;
    kit.stop().await;
}
