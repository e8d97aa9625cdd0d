use serde_json::{Value, json};
use testkit::Kit;

use crate::bootstrap::first;

async fn call(kit: &Kit, key: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let body = if body.is_null() {
        vec![]
    } else {
        body.to_string().into_bytes()
    };
    kit.with_key(key)
        .send(method, path, "application/json", body)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_key_is_shown_once_works_and_stops_working_when_revoked() {
    let kit = Kit::start_with(&[accounts::SERVICE], |settings| {
        settings.with("http.key_cache_seconds", 0)
    })
    .await;
    let acme = first(&kit).await;
    let new = json!({"name": "shop", "mode": "live"});
    let (status, made) = call(&kit, &acme.live_key, "POST", "/v1/api-keys", &new).await;
    assert_eq!(status, 201, "{made}");
    let (key, id) = (made["key"].as_str().unwrap(), made["id"].as_str().unwrap());
    assert!(key.starts_with("hm_live_"));
    let (status, keys) = call(&kit, key, "GET", "/v1/api-keys", &Value::Null).await;
    assert_eq!((status, keys["data"].as_array().unwrap().len()), (200, 3));
    assert!(!keys.to_string().contains(key));

    let (status, revoked) = call(
        &kit,
        &acme.test_key,
        "DELETE",
        &format!("/v1/api-keys/{id}"),
        &Value::Null,
    )
    .await;
    assert_eq!(
        (status, revoked["code"].as_str()),
        (403, Some("auth.test_key"))
    );
    let (status, revoked) = call(
        &kit,
        &acme.live_key,
        "DELETE",
        &format!("/v1/api-keys/{id}"),
        &Value::Null,
    )
    .await;
    assert_eq!((status, revoked["revoked_at"].is_null()), (200, false));
    let (status, problem) = call(&kit, key, "GET", "/v1/tenant", &Value::Null).await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (401, Some("auth.invalid"))
    );
    kit.stop().await;
}

#[tokio::test]
async fn a_test_key_makes_test_keys_only() {
    let kit = Kit::start(&[accounts::SERVICE]).await;
    let acme = first(&kit).await;
    let live = json!({"name": "x", "mode": "live"});
    let (status, problem) = call(&kit, &acme.test_key, "POST", "/v1/api-keys", &live).await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (403, Some("auth.test_key"))
    );
    let test = json!({"name": "x", "mode": "test"});
    let (status, made) = call(&kit, &acme.test_key, "POST", "/v1/api-keys", &test).await;
    assert_eq!((status, made["mode"].as_str()), (201, Some("test")));
    kit.stop().await;
}
