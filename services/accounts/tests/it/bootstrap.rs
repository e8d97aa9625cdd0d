use accounts::{NewTenant, bootstrap, create_tenant};
use testkit::Kit;

/// The first tenant of a fresh kit.
pub async fn first(kit: &Kit) -> NewTenant {
    let made = bootstrap(&kit.db("accounts"), &kit.bus, &kit.clock, "Acme").await;
    made.unwrap().expect("a fresh database has no tenant")
}

#[tokio::test]
async fn the_first_tenant_is_made_once_and_both_its_keys_work() {
    let kit = Kit::start(&[accounts::SERVICE]).await;
    let acme = first(&kit).await;
    let again = bootstrap(&kit.db("accounts"), &kit.bus, &kit.clock, "Again")
        .await
        .unwrap();
    assert!(again.is_none());
    for (key, mode) in [(&acme.test_key, "test"), (&acme.live_key, "live")] {
        let (status, tenant) = kit
            .with_key(key)
            .send("GET", "/v1/tenant", "application/json", vec![])
            .await
            .unwrap();
        assert_eq!(status, 200, "{tenant}");
        assert_eq!(
            (&tenant["name"], &tenant["mode"]),
            (&"Acme".into(), &mode.into())
        );
        assert_eq!(tenant["id"], acme.tenant.to_string());
    }
    kit.stop().await;
}

#[tokio::test]
async fn a_request_without_a_known_key_is_refused() {
    let kit = Kit::start(&[accounts::SERVICE]).await;
    first(&kit).await;
    let (status, problem) = kit.get("/v1/tenant").await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (401, Some("auth.invalid"))
    );
    kit.stop().await;
}

#[tokio::test]
async fn a_second_tenant_has_keys_of_its_own() {
    let kit = Kit::start(&[accounts::SERVICE]).await;
    let acme = first(&kit).await;
    let other = create_tenant(&kit.db("accounts"), &kit.clock, "Other")
        .await
        .unwrap();
    assert_ne!(acme.tenant, other.tenant);
    let client = kit.with_key(&other.live_key);
    let (_, keys) = client
        .send("GET", "/v1/api-keys", "application/json", vec![])
        .await
        .unwrap();
    assert_eq!(keys["data"].as_array().unwrap().len(), 2);
    kit.stop().await;
}
