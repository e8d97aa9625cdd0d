//! The HTTP API.

use contract::consent::{OptInsRecorded, OptOutConfirmed};
use serde_json::{Value, json};

use crate::Kit;
use crate::support::{listen, next, opt_in, opt_in_all, phone};

#[tokio::test]
async fn an_opt_in_is_recorded_with_its_evidence_and_shown_again() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let (status, body) = kit.post("/v1/consents", opt_in(1)).await;
    assert_eq!(status, 201, "{body}");
    assert!(body["id"].as_str().is_some_and(|id| id.starts_with("cns_")));
    let (status, history) = kit.get("/v1/consents?phone=%2B15005551001").await;
    assert_eq!(status, 200, "{history}");
    let entry = &history["data"][0];
    assert_eq!(
        (&entry["id"], &entry["action"], &entry["method"]),
        (&body["id"], &json!("opt_in"), &json!("web_form"))
    );
    assert_eq!(entry["evidence"]["ip"], "203.0.113.9");
    let strangers = kit
        .with_key(&kit.other_key)
        .get("/v1/consents?phone=15005551001")
        .await
        .unwrap();
    assert_eq!(strangers["data"], json!([]), "another tenant sees nothing");
    kit.stop().await;
}

#[tokio::test]
async fn bad_entries_are_refused_with_a_code() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let phone = phone(1).to_string();
    for (body, status, code) in [
        (
            json!({"phone": phone, "action": "opt_in", "method": "web_form"}),
            422,
            "consent.evidence_missing",
        ),
        (
            json!({"phone": phone, "action": "opt_in", "evidence": {"source": "shop"}}),
            422,
            "consent.evidence_missing",
        ),
        (
            json!({"phone": "+1 999", "action": "opt_out"}),
            422,
            "phone.invalid",
        ),
        (
            json!({"phone": phone, "action": "opt_out", "reason": "x"}),
            400,
            "field.unknown",
        ),
        (
            json!({"phone": phone, "action": "forget"}),
            422,
            "field.invalid",
        ),
        (
            json!({"contact": "cmp_01ARZ3NDEKTSV4RRFFQ69G5FAV", "action": "opt_out"}),
            400,
            "id.wrong_type",
        ),
        (json!({"action": "opt_out"}), 422, "field.required"),
    ] {
        let (got, problem) = kit.post("/v1/consents", body.clone()).await;
        assert_eq!(
            (got, &problem["code"]),
            (status, &json!(code)),
            "{body}: {problem}"
        );
    }
    let (status, problem) = kit.post("/v1/consents/batch", json!({"items": []})).await;
    assert_eq!((status, &problem["code"]), (422, &json!("field.range")));
    let (status, _) = kit
        .get("/v1/decisions/dec_01ARZ3NDEKTSV4RRFFQ69G5FAV")
        .await;
    assert_eq!(status, 404);
    kit.stop().await;
}

#[tokio::test]
async fn a_permission_never_beats_a_later_revocation() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let mut confirmed = listen::<OptOutConfirmed>(&kit).await;
    let out =
        json!({"phone": phone(1).to_string(), "action": "opt_out", "at": "2026-06-01T12:00:00Z"});
    assert_eq!(kit.post("/v1/consents", out).await.0, 201);
    next(&mut confirmed).await;
    let mut again = opt_in(1);
    again["at"] = json!("2026-05-31T12:00:00Z");
    let (status, problem) = kit.post("/v1/consents", again.clone()).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("consent.newer_revocation")),
        "{problem}"
    );
    again["at"] = json!("2026-06-02T12:00:00Z");
    assert_eq!(kit.post("/v1/consents", again).await.0, 201);
    let (_, standing) = kit.get("/v1/standing?phone=15005551001").await;
    assert_eq!(
        (&standing["opted_out"], &standing["programmes"]),
        (&json!(false), &json!(["default"]))
    );
    kit.stop().await;
}

#[tokio::test]
async fn a_batch_records_what_is_good_and_names_what_is_not() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let mut said = listen::<OptInsRecorded>(&kit).await;
    let mut items: Vec<Value> = (0..998).map(opt_in).collect();
    items.insert(3, json!({"phone": "hello", "action": "opt_out"}));
    items.push(
        json!({"phone": phone(0).to_string(), "action": "opt_out", "programme": "newsletter"}),
    );
    let (status, body) = kit
        .post("/v1/consents/batch", json!({ "items": items }))
        .await;
    assert_eq!(
        (status, &body["recorded"], &body["rejected"]),
        (200, &json!(999), &json!(1))
    );
    assert_eq!(body["results"][3]["status"], "rejected");
    assert_eq!(body["results"][4]["status"], "recorded");
    let event = next(&mut said).await;
    assert_eq!((event.count, event.method.as_str()), (998, "web_form"));
    let (_, history) = kit.get("/v1/consents?phone=15005551000&limit=1").await;
    assert_eq!(
        (&history["has_more"], &history["data"][0]["action"]),
        (&json!(true), &json!("opt_in"))
    );
    let cursor = history["next_cursor"].as_str().unwrap();
    let (_, history) = kit
        .get(&format!(
            "/v1/consents?phone=15005551000&limit=1&cursor={cursor}"
        ))
        .await;
    assert_eq!(
        (&history["has_more"], &history["data"][0]["action"]),
        (&json!(false), &json!("opt_out"))
    );
    opt_in_all(&kit, 0..1000).await;
    kit.stop().await;
}
