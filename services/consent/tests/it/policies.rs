//! The life of a tenant's policies over HTTP, and what it does to texts under way.

use contract::chunk::SlotRef;
use serde_json::{Value, json};

use crate::Kit;
use crate::support::{ask, grant, opt_in_all, phone, register, run};

const NEVER: &str = r#"@id("own.never") @reason("OWN_NEVER") @source("house rule") @effective_from("2026-01-01")
forbid (principal, action == Action::"marketing", resource);"#;

fn slot(chunk: u32) -> SlotRef {
    SlotRef {
        run: run(1),
        chunk,
        slot: 0,
    }
}

async fn version(kit: &Kit, body: Value) -> i64 {
    let (status, stored) = kit.post("/v1/policies/versions", body).await;
    assert_eq!(status, 201, "{stored}");
    stored["version"].as_i64().unwrap()
}

async fn activate(kit: &Kit, version: i64) -> Value {
    let path = format!("/v1/policies/versions/{version}/activate");
    let (status, told) = kit.post(&path, json!({})).await;
    assert_eq!(status, 200, "{told}");
    told
}

#[tokio::test]
async fn everything_in_force_is_listed_with_its_sources_and_what_is_not_verified() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let (status, listed) = kit.get("/v1/policies").await;
    assert_eq!((status, &listed["version"]), (200, &json!(0)));
    let policies = listed["policies"].as_array().unwrap();
    let global = policies.iter().find(|one| one["id"] == "revocation.global");
    let global = global.unwrap();
    assert_eq!(
        (&global["reason"], &global["effect"], &global["file"]),
        (
            &json!("OPTED_OUT_GLOBAL"),
            &json!("deny"),
            &json!("revocation")
        )
    );
    let law = listed["law"].as_array().unwrap();
    assert!(law.len() > 80 && law.iter().all(|row| row["source"] != ""));
    assert!(law.iter().any(|row| row["kind"] == "switch"));
    let doubtful = law
        .iter()
        .chain(policies)
        .filter(|one| one["verified"] == false);
    assert_eq!(listed["unverified"]["count"], json!(doubtful.count()));
    assert!(listed["unverified"]["count"].as_u64() > Some(0));
    activate(&kit, version(&kit, json!({"forbids": NEVER})).await).await;
    let (_, listed) = kit.get("/v1/policies").await;
    let own = listed["policies"].as_array().unwrap();
    assert!(
        own.iter()
            .any(|one| one["id"] == "own.never" && one["file"] == "tenant")
    );
    let others = kit
        .with_key(&kit.other_key)
        .get("/v1/policies")
        .await
        .unwrap();
    assert_eq!(others["version"], 0, "another tenant has its own");
    kit.stop().await;
}

#[tokio::test]
async fn faults_are_told_with_their_place_and_nothing_is_stored() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let (status, told) = kit
        .post("/v1/policies/validate", json!({"forbids": NEVER}))
        .await;
    assert_eq!((status, &told["valid"]), (200, &json!(true)), "{told}");
    let permits = NEVER.replace("forbid", "permit");
    let sums = format!(
        "{} when {{ context.level + 1 > 2 }};",
        NEVER.trim_end_matches(';')
    );
    let unknown = format!(
        "{} when {{ context.colour == 1 }};",
        NEVER.trim_end_matches(';')
    );
    for (forbids, code) in [
        ("forbid (principal, action,\n oops", "policy.syntax"),
        ("forbid (principal, action, resource);", "policy.annotation"),
        (permits.as_str(), "policy.permit"),
        (sums.as_str(), "policy.may_error"),
        (unknown.as_str(), "policy.invalid"),
    ] {
        let body = json!({ "forbids": forbids });
        let (status, told) = kit.post("/v1/policies/validate", &body).await;
        assert_eq!((status, &told["valid"]), (200, &json!(false)), "{told}");
        assert_eq!(told["faults"][0]["code"], code, "{told}");
        let (status, problem) = kit.post("/v1/policies/versions", &body).await;
        assert_eq!((status, &problem["code"]), (422, &json!("policy.invalid")));
        assert_eq!(problem["errors"][0]["pointer"], "/forbids", "{problem}");
        assert_eq!(problem["errors"][0]["code"], code);
    }
    let (_, told) = kit
        .post(
            "/v1/policies/validate",
            json!({"forbids": "forbid (principal, action,\n oops"}),
        )
        .await;
    assert_eq!(told["faults"][0]["line"], 2, "{told}");
    let body = json!({"parameters": {"review_hours": 0}});
    let (status, problem) = kit.post("/v1/policies/versions", &body).await;
    assert_eq!(
        (status, &problem["errors"][0]["pointer"]),
        (422, &json!("/parameters/review_hours")),
        "{problem}"
    );
    for (body, status, code) in [
        (
            json!({"parameters": {"profile": "none"}}),
            422,
            "field.invalid",
        ),
        (json!({"parameters": {"caps": 1}}), 400, "field.unknown"),
        (json!({"forbid": ""}), 400, "field.unknown"),
        (json!({"note": "x".repeat(501)}), 422, "field.range"),
    ] {
        let (got, problem) = kit.post("/v1/policies/versions", &body).await;
        assert_eq!((got, &problem["code"]), (status, &json!(code)), "{problem}");
    }
    let (_, listed) = kit.get("/v1/policies/versions").await;
    assert_eq!(listed["data"], json!([]));
    kit.stop().await;
}

#[tokio::test]
async fn a_campaign_under_way_is_judged_by_what_was_activated_and_rolling_back_restores() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..8).await;
    let epoch = register(&kit).await;
    let (status, problem) = kit.post("/v1/policies/rollback", json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("policy.nothing_before"))
    );
    assert_eq!(
        grant(&kit, &ask(&kit, slot(0), epoch, &[0, 1]))
            .await
            .granted,
        [0, 1]
    );
    let first = version(
        &kit,
        json!({"parameters": {"cap_per_week": 7}, "note": "caps"}),
    )
    .await;
    let second = version(&kit, json!({"forbids": NEVER})).await;
    assert_eq!((first, second), (1, 2));
    assert_eq!(activate(&kit, first).await["before"], 0);
    assert_eq!(
        grant(&kit, &ask(&kit, slot(1), epoch, &[2])).await.granted,
        [0]
    );
    assert_eq!(activate(&kit, second).await["before"], 1);
    let told = grant(&kit, &ask(&kit, slot(2), epoch, &[3, 4])).await;
    assert_eq!(told.refused, [("OWN_NEVER".to_string(), vec![0, 1])]);
    let (status, told) = kit.post("/v1/policies/rollback", json!({})).await;
    assert_eq!((status, &told["version"]), (200, &json!(1)), "{told}");
    assert_eq!(
        grant(&kit, &ask(&kit, slot(3), epoch, &[5])).await.granted,
        [0]
    );
    assert_eq!(activate(&kit, 0).await["before"], 1);
    let (_, listed) = kit.get("/v1/policies/versions?limit=1").await;
    assert_eq!(
        (&listed["data"][0]["version"], &listed["has_more"]),
        (&json!(2), &json!(true))
    );
    let (_, shown) = kit.get("/v1/policies/versions/1").await;
    assert_eq!(
        (
            &shown["note"],
            &shown["active"],
            &shown["parameters"]["cap_per_week"]
        ),
        (&json!("caps"), &json!(false), &json!(7))
    );
    let stranger = kit.with_key(&kit.other_key);
    for (method, path) in [
        ("GET", "/v1/policies/versions/1"),
        ("POST", "/v1/policies/versions/1/activate"),
    ] {
        let kind = "application/json";
        let (status, _) = stranger.send(method, path, kind, Vec::new()).await.unwrap();
        assert_eq!(status, 404, "another tenant sees nothing at {path}");
    }
    assert_eq!(kit.get("/v1/policies/versions/9").await.0, 404);
    assert_eq!(kit.get("/v1/policies/versions/x").await.0, 400);
    kit.stop().await;
}

#[tokio::test]
async fn cases_are_run_against_what_is_in_force_a_version_or_a_proposal() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let case = json!({"id": "a", "exp": ["ALLOW", "OK"], "regions": ["US-NY"], "zones": ["America/New_York"],
                      "utc": "2026-12-01T19:00:00Z", "cls": "marketing", "consent": "written"});
    let path = "/v1/policies/test";
    let (status, told) = kit.post(path, json!({"cases": [case]})).await;
    assert_eq!((status, &told["passed"]), (200, &json!(1)), "{told}");
    let own = version(&kit, json!({"forbids": NEVER})).await;
    for body in [
        json!({"cases": [case], "forbids": NEVER}),
        json!({"cases": [case], "version": own}),
    ] {
        let (_, told) = kit.post(path, body).await;
        let result = &told["results"][0];
        assert_eq!(
            (&told["failed"], &result["passed"], &result["got"]["reason"]),
            (&json!(1), &json!(false), &json!("OWN_NEVER")),
            "{told}"
        );
        assert_eq!(result["expected"]["effect"], "ALLOW");
    }
    let mut strange = case.clone();
    strange["colour"] = json!("red");
    let mut nowhere = case.clone();
    nowhere["zones"] = json!(["Mars/Base"]);
    for (body, status, code) in [
        (json!({"cases": []}), 422, "field.range"),
        (json!({"cases": [case, strange]}), 422, "field.invalid"),
        (json!({"cases": [nowhere]}), 422, "field.invalid"),
        (json!({"cases": [case], "version": 99}), 404, "not_found"),
        (
            json!({"cases": [case], "version": own, "forbids": ""}),
            422,
            "field.invalid",
        ),
        (
            json!({"cases": [case], "forbids": "forbid ("}),
            422,
            "policy.invalid",
        ),
    ] {
        let (got, problem) = kit.post(path, &body).await;
        assert_eq!((got, &problem["code"]), (status, &json!(code)), "{problem}");
    }
    let (_, problem) = kit.post(path, json!({"cases": [case, strange]})).await;
    assert_eq!(problem["errors"][0]["pointer"], "/cases/1");
    kit.stop().await;
}

#[tokio::test]
async fn a_candidate_is_compared_over_numbers_and_over_what_really_left() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..6).await;
    let epoch = register(&kit).await;
    let told = grant(&kit, &ask(&kit, slot(0), epoch, &[0, 1, 2, 3])).await;
    assert_eq!(told.granted.len(), 4);
    kit.clock.advance(chrono::Duration::minutes(30));
    let told = grant(&kit, &ask(&kit, slot(1), epoch, &[0, 1])).await;
    assert_eq!(told.granted.len(), 2);
    let simulate = |candidate: Value, audience: Value| {
        let body = json!({"candidate": candidate, "audience": audience});
        kit.post("/v1/policies/simulate", body)
    };
    // The second text of the day to persons 0 and 1 would have waited.
    let (status, told) = simulate(
        json!({"parameters": {"cap_per_day": 1}}),
        json!({"sent_days": 7}),
    )
    .await;
    assert_eq!((status, &told["evaluated"]), (200, &json!(6)), "{told}");
    assert_eq!(
        (&told["before"], &told["after"]),
        (
            &json!({"allow": 6, "deny": 0, "defer": 0}),
            &json!({"allow": 4, "deny": 0, "defer": 2})
        )
    );
    let change = &told["changes"][0];
    assert_eq!(
        (
            &change["count"],
            &change["before"]["reason"],
            &change["after"]["reason"]
        ),
        (&json!(2), &json!("OK"), &json!("FREQUENCY_CAP_TENANT"))
    );
    let sample = change["samples"][0].as_str().unwrap();
    assert!(sample.starts_with("msg_"), "{sample}");

    let own = version(&kit, json!({"forbids": NEVER})).await;
    let numbers: Vec<String> = [4, 5, 99].map(|n| phone(n).to_string()).into();
    let (status, told) = simulate(json!({"version": own}), json!({"phones": numbers})).await;
    assert_eq!((status, &told["evaluated"]), (200, &json!(3)), "{told}");
    assert_eq!(
        (&told["before"]["allow"], &told["after"]["deny"]),
        (&json!(2), &json!(3))
    );
    let text = told.to_string();
    assert!(!text.contains("1500555"), "no number is told: {text}");

    for (candidate, audience, status, code) in [
        (json!({}), json!({"sent_days": 7}), 422, "field.invalid"),
        (
            json!({"version": 0}),
            json!({"sent_days": 0}),
            422,
            "field.range",
        ),
        (json!({"version": 0}), json!({}), 422, "audience.unclear"),
        (
            json!({"version": 0}),
            json!({"sent_days": 1, "phones": []}),
            422,
            "audience.unclear",
        ),
        (
            json!({"version": 9}),
            json!({"sent_days": 1}),
            404,
            "not_found",
        ),
        (
            json!({"version": 0}),
            json!({"phones": ["x"]}),
            422,
            "field.invalid",
        ),
        (
            json!({"forbids": "forbid"}),
            json!({"sent_days": 1}),
            422,
            "policy.invalid",
        ),
    ] {
        let (got, problem) = simulate(candidate, audience).await;
        assert_eq!((got, &problem["code"]), (status, &json!(code)), "{problem}");
    }
    let stranger = kit.with_key(&kit.other_key);
    let body = json!({"candidate": {"forbids": ""}, "audience": {"sent_days": 7}});
    let told = stranger.post("/v1/policies/simulate", &body).await.unwrap();
    assert_eq!(
        told["evaluated"], 0,
        "another tenant's texts are not counted"
    );
    kit.stop().await;
}
