use serde_json::json;
use testkit::Kit;

use crate::stubs::CONTACTS;

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_drafted_published_and_changed() {
    let kit = Kit::start(&[renderer::SERVICE, CONTACTS]).await;
    let body = "Hi {{ contact.first_name | default('there') }}";
    let (status, made) = kit
        .post("/v1/templates", json!({"name": "Sale", "body": body}))
        .await;
    assert_eq!(
        (status, &made["fields"], &made["published_version"]),
        (201, &json!(["first_name"]), &json!(null))
    );
    let path = format!("/v1/templates/{}", made["id"].as_str().unwrap());

    let publish = format!("{path}/publish");
    assert_eq!(
        kit.post(&publish, json!({})).await.1["published_version"],
        1
    );
    assert_eq!(
        kit.post(&publish, json!({})).await.1["published_version"],
        1
    );
    assert_eq!(
        kit.patch(&path, json!({"body": "Bye {{ contact.city }}"}))
            .await
            .0,
        200
    );
    assert_eq!(
        kit.post(&publish, json!({})).await.1["published_version"],
        2
    );

    let id = made["id"].as_str().unwrap().parse().unwrap();
    let described = kit
        .bus
        .ask(
            kit.tenant,
            &contract::renderer::DescribeTemplate { template: id },
        )
        .await
        .unwrap();
    assert_eq!(
        described.map(|d| (d.version, d.field_names)),
        Some((2, vec!["city".to_string()]))
    );
    let other = kit
        .bus
        .ask(
            kit.other_tenant,
            &contract::renderer::DescribeTemplate { template: id },
        )
        .await
        .unwrap();
    assert_eq!(other, None);

    kit.post("/v1/templates", json!({"name": "Second", "body": "Hello"}))
        .await;
    let (_, first) = kit.get("/v1/templates?limit=1").await;
    assert_eq!(
        (&first["data"][0]["name"], &first["has_more"]),
        (&json!("Second"), &json!(true))
    );
    let next = format!(
        "/v1/templates?limit=1&cursor={}",
        first["next_cursor"].as_str().unwrap()
    );
    assert_eq!(kit.get(&next).await.1["data"][0]["name"], "Sale");
    let (status, problem) = kit.get("/v1/templates?cursor=nonsense").await;
    assert_eq!((status, &problem["code"]), (400, &json!("cursor.invalid")));
    let theirs = kit
        .with_key(&kit.other_key)
        .send("GET", &path, "application/json", vec![])
        .await
        .unwrap();
    assert_eq!(theirs.0, 404);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_template_is_refused_with_a_code_and_a_hint() {
    let kit = Kit::start(&[renderer::SERVICE, CONTACTS]).await;
    for (body, code, hint) in [
        (
            "Hi {{ contact.frist_name }}",
            "template.undeclared_var",
            "did you mean contact.first_name?",
        ),
        (
            "Hi {{ contact.first_name | default: 'x' }}",
            "template.syntax",
            "default('",
        ),
        ("Hi {{ contact.first_name", "template.syntax", "line 1"),
        (
            "{{ 'x' * 1000000000 }}",
            "template.too_expensive",
            "simpler",
        ),
    ] {
        let (status, problem) = kit
            .post("/v1/templates", json!({"name": "Bad", "body": body}))
            .await;
        assert_eq!((status, &problem["code"]), (422, &json!(code)), "{problem}");
        assert!(
            problem["detail"].as_str().unwrap().contains(hint),
            "{problem}"
        );
    }
    assert_eq!(
        kit.post("/v1/templates", json!({"name": "", "body": "x"}))
            .await
            .0,
        422
    );
    assert_eq!(
        kit.post("/v1/templates", json!({"naem": "x", "body": "x"}))
            .await
            .1["code"],
        "field.unknown"
    );
    assert_eq!(
        kit.get("/v1/templates/con_01ARZ3NDEKTSV4RRFFQ69G5FAV")
            .await
            .1["code"],
        "id.wrong_type"
    );
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_contacts_a_template_with_fields_is_not_saved() {
    let kit = Kit::start(&[renderer::SERVICE]).await;
    let (status, problem) = kit
        .post(
            "/v1/templates",
            json!({"name": "x", "body": "{{ contact.city }}"}),
        )
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (503, &json!("dependency.unavailable"))
    );
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_counts_segments_and_advises() {
    let kit = Kit::start(&[renderer::SERVICE]).await;
    let ask = json!({"body": "Hi {{ contact.first_name }}, it’s on", "fields": {"first_name": "Ana"}, "options": {"smart_encoding": "off"}});
    let (status, preview) = kit.post("/v1/templates/preview", ask).await;
    assert_eq!((status, &preview["text"]), (200, &json!("Hi Ana, it’s on")));
    assert_eq!(
        (
            &preview["encoding"],
            &preview["segments"],
            &preview["units"]
        ),
        (&json!("UCS-2"), &json!(1), &json!(15))
    );
    assert_eq!(preview["lint"][0]["code"], "text.ucs2");
    let long = "x".repeat(161);
    let (_, preview) = kit
        .post("/v1/templates/preview", json!({"body": long}))
        .await;
    assert_eq!(
        (&preview["encoding"], &preview["segments"]),
        (&json!("GSM-7"), &json!(2))
    );
    let (status, problem) = kit
        .post(
            "/v1/templates/preview",
            json!({"body": "Hi {{ contact.first_name }}"}),
        )
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("template.field_missing"))
    );
    kit.stop().await;
}
