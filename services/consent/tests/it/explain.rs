//! Why somebody may be texted or not, and the decision of one message.

use contract::MessageId;
use contract::chunk::SlotRef;
use serde_json::{Value, json};

use crate::Kit;
use crate::support::{ask, contact, grant, opt_in, opt_in_all, phone, register, run, text_back};

const SLOT: SlotRef = SlotRef {
    run: contract::RunId::from_raw(0x019e_b000 << 96),
    chunk: 1,
    slot: 0,
};

fn gate<'v>(told: &'v Value, name: &str) -> &'v Value {
    let gates = told["gates"].as_array().unwrap();
    gates.iter().find(|gate| gate["gate"] == name).unwrap()
}

fn path(n: u64, more: &str) -> String {
    format!("/v1/explain?phone={}{more}", phone(n).digits())
}

#[tokio::test]
async fn an_explanation_names_the_gate_the_fact_and_the_smallest_change() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let (status, told) = kit.get(&path(1, "")).await;
    assert_eq!(
        (status, &told["effect"], &told["reason"]),
        (200, &json!("deny"), &json!("NO_CONSENT")),
        "{told}"
    );
    assert_eq!(gate(&told, "consent")["passed"], false);
    assert_eq!(told["smallest_changes"][0]["changes"][0]["code"], "opt_in");
    let (_, recorded) = kit.post("/v1/consents", opt_in(1)).await;
    let (_, told) = kit.get(&path(1, "")).await;
    assert_eq!(
        (&told["effect"], &told["smallest_changes"]),
        (&json!("allow"), &json!([]))
    );
    let facts = gate(&told, "consent")["facts"].to_string();
    assert!(
        facts.contains(recorded["id"].as_str().unwrap()),
        "the ledger entry is named: {facts}"
    );
    // 23:00 in New York, where test numbers live.
    let (_, told) = kit.get(&path(1, "&at=2026-06-11T03:00:00Z")).await;
    assert_eq!(
        (&told["effect"], &told["reason"]),
        (&json!("defer"), &json!("QUIET_HOURS")),
        "{told}"
    );
    let change = &told["smallest_changes"][0]["changes"][0];
    assert_eq!(
        (&change["code"], &change["until"]),
        (&json!("wait"), &told["defer_until"])
    );
    let hours = gate(&told, "hours");
    assert!(
        hours["law"]
            .as_array()
            .unwrap()
            .iter()
            .any(|row| row["against"] == true)
    );
    assert!(!hours["policies"].as_array().unwrap().is_empty());
    let others = kit
        .with_key(&kit.other_key)
        .get(&path(1, ""))
        .await
        .unwrap();
    assert_eq!(
        others["reason"], "NO_CONSENT",
        "another tenant sees nothing of it"
    );
    kit.stop().await;
}

#[tokio::test]
async fn the_past_is_judged_by_what_stood_then() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 1..2).await;
    let before = kit.clock.now();
    kit.clock.advance(chrono::Duration::minutes(10));
    text_back(&kit, 1, 1, "STOP").await;
    let own = json!({"forbids": r#"@id("own.n") @reason("OWN") @source("s") @effective_from("2026-01-01")
        forbid (principal, action, resource);"#});
    let (_, stored) = kit.post("/v1/policies/versions", own).await;
    assert_eq!(stored["version"], 1);
    kit.post("/v1/policies/versions/1/activate", json!({}))
        .await;
    kit.clock.advance(chrono::Duration::minutes(10));
    let (_, now) = kit.get(&path(1, "")).await;
    let reasons = now["reasons"].as_array().unwrap();
    assert!(
        now["reason"].as_str().unwrap().starts_with("OPTED_OUT_")
            && reasons.contains(&json!("OWN")),
        "{now}"
    );
    assert_eq!(now["version"], 1);
    let at = before.format("%Y-%m-%dT%H:%M:%S%.3fZ");
    let (_, then) = kit.get(&path(1, &format!("&at={at}"))).await;
    assert_eq!(
        (&then["effect"], &then["version"]),
        (&json!("allow"), &json!(0)),
        "{then}"
    );
    kit.stop().await;
}

#[tokio::test]
async fn a_message_has_its_decision_and_can_be_explained() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..2).await;
    let epoch = register(&kit).await;
    assert_eq!(
        grant(&kit, &ask(&kit, SLOT, epoch, &[0, 9])).await.granted,
        [0]
    );
    let message = MessageId::of(SLOT.run, SLOT.chunk, 0);
    let url = format!("/v1/messages/{message}/decision");
    let (status, told) = kit.get(&url).await;
    assert_eq!(
        (status, &told["screened_only"]),
        (200, &json!(false)),
        "{told}"
    );
    let decision = &told["decision"];
    assert_eq!(
        (
            &decision["effect"],
            &decision["reasons"],
            &told["permit"]["revision"]
        ),
        (&json!("allow"), &json!([]), &json!(1))
    );
    let (status, set) = kit.get(decision["policy_set_url"].as_str().unwrap()).await;
    assert_eq!((status, &set["hash"]), (200, &decision["policy_set"]));
    assert!(
        set["texts"]["revocation.cedar"]
            .as_str()
            .unwrap()
            .contains("revocation.global")
    );
    kit.clock.advance(chrono::Duration::hours(12));
    let (status, told) = kit.get(&format!("/v1/explain?message={message}")).await;
    assert_eq!(
        (status, &told["effect"]),
        (200, &json!("allow")),
        "as of its permit: {told}"
    );
    assert_eq!(told["decision"], decision["id"]);
    let kind = "application/json";
    let stranger = kit.with_key(&kit.other_key);
    for path in [url, format!("/v1/explain?message={message}")] {
        let (status, _) = stranger.send("GET", &path, kind, Vec::new()).await.unwrap();
        assert_eq!(status, 404, "another tenant sees nothing at {path}");
    }
    for position in [1, 7] {
        let other = MessageId::of(SLOT.run, SLOT.chunk, position);
        assert_eq!(
            kit.get(&format!("/v1/messages/{other}/decision")).await.0,
            404
        );
    }
    kit.stop().await;
}

#[tokio::test]
async fn a_message_refused_at_screening_has_its_decision_too() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let mut reports = crate::support::listen::<contract::consent::ChunkScreened>(&kit).await;
    let chunk = crate::screening::chunk(&kit, contract::Class::Marketing, 5..7);
    kit.bus.publish(kit.tenant, &chunk).await.unwrap();
    crate::support::next(&mut reports).await;
    let message = MessageId::of(run(1), 0, 1);
    let (status, told) = kit.get(&format!("/v1/messages/{message}/decision")).await;
    assert_eq!(
        (status, &told["screened_only"]),
        (200, &json!(true)),
        "{told}"
    );
    assert_eq!(
        (&told["decision"]["reason"], &told["decision"]["reasons"][0]),
        (&json!("NO_CONSENT"), &json!("NO_CONSENT"))
    );
    let (status, problem) = kit.get(&format!("/v1/explain?message={message}")).await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("explain.no_number"))
    );
    let stranger = kit.with_key(&kit.other_key);
    let url = format!("/v1/messages/{message}/decision");
    let (status, _) = stranger
        .send("GET", &url, "application/json", Vec::new())
        .await
        .unwrap();
    assert_eq!(status, 404);
    kit.stop().await;
}

#[tokio::test]
async fn a_policy_set_with_own_words_is_shown_to_its_tenant_alone() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..1).await;
    let epoch = register(&kit).await;
    kit.post(
        "/v1/policies/versions",
        json!({"parameters": {"cap_per_week": 3}}),
    )
    .await;
    kit.post("/v1/policies/versions/1/activate", json!({}))
        .await;
    grant(&kit, &ask(&kit, SLOT, epoch, &[0])).await;
    let message = MessageId::of(SLOT.run, SLOT.chunk, 0);
    let (_, told) = kit.get(&format!("/v1/messages/{message}/decision")).await;
    let url = told["decision"]["policy_set_url"]
        .as_str()
        .unwrap()
        .to_string();
    assert_eq!(kit.get(&url).await.1["parameters"]["cap_per_week"], 3);
    let stranger = kit.with_key(&kit.other_key);
    let (status, _) = stranger
        .send("GET", &url, "application/json", Vec::new())
        .await
        .unwrap();
    assert_eq!(status, 404);
    assert_eq!(kit.get("/v1/policy-sets/00").await.0, 404);
    assert_eq!(kit.get("/v1/policy-sets/zz").await.0, 404);
    kit.stop().await;
}

#[tokio::test]
async fn questions_that_cannot_be_understood_are_refused() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    for (query, status, code) in [
        ("".to_string(), 422, "query.invalid"),
        (
            format!("?phone=15005551001&contact={}", contact(1)),
            422,
            "query.invalid",
        ),
        ("?phone=12".to_string(), 422, "phone.invalid"),
        (
            "?phone=15005551001&class=spam".to_string(),
            400,
            "query.invalid",
        ),
        (
            "?phone=15005551001&colour=red".to_string(),
            400,
            "field.unknown",
        ),
        (
            "?message=msg_01ARZ3NDEKTSV4RRFFQ69G5FAV".to_string(),
            404,
            "not_found",
        ),
        (
            format!("?contact={}", contact(1)),
            503,
            "dependency.unavailable",
        ),
    ] {
        let (got, problem) = kit.get(&format!("/v1/explain{query}")).await;
        assert_eq!(
            (got, &problem["code"]),
            (status, &json!(code)),
            "{query}: {problem}"
        );
    }
    kit.stop().await;
}
