use chassis::Engine;
use contract::TenantId;
use contract::accounts::VerifyKey;
use serde_json::json;
use testkit::Kit;

use crate::notes;

#[tokio::test]
async fn two_kits_share_nothing() {
    let (one, two) = tokio::join!(Kit::start(&[notes::SERVICE]), Kit::start(&[notes::SERVICE]));
    assert_eq!(one.post("/v1/notes", json!({})).await.0, 200);
    assert_eq!(one.get("/v1/notes").await.1["data"], json!([1]));
    assert_eq!(two.get("/v1/notes").await.1["data"], json!([]));
    let strange = two.with_key(&one.key).get("/v1/notes").await;
    assert!(strange.unwrap_err().to_string().contains("401"));
    tokio::join!(one.stop(), two.stop());
}

#[tokio::test]
async fn each_key_is_its_own_tenant_and_mode() {
    let kit = Kit::start(&[notes::SERVICE]).await;
    assert_eq!(kit.post("/v1/notes", json!({})).await, (200, json!({})));
    let live = kit.with_key(&kit.live_key).get("/v1/notes").await.unwrap();
    assert_eq!(live, json!({"data": [1], "mode": "live"}));
    let other = kit.with_key(&kit.other_key).get("/v1/notes").await.unwrap();
    assert_eq!(other, json!({"data": [], "mode": "test"}));
    assert_ne!(kit.tenant, kit.other_tenant);
    kit.stop().await;
}

#[tokio::test]
async fn a_restarted_kit_keeps_its_data_and_its_keys() {
    let kit = Kit::start_with(&[notes::SERVICE], |settings| {
        settings.with("notes.first", 7)
    })
    .await;
    assert_eq!(kit.post("/v1/notes", json!({})).await, (200, json!({})));
    let kit = kit.restart().await;
    assert_eq!(kit.get("/v1/notes").await.1["data"], json!([7]));
    kit.stop().await;
}

#[tokio::test]
async fn services_go_on_after_the_loss_of_jetstream() {
    let mut kit = Kit::start(&[notes::SERVICE]).await;
    kit.lose_jetstream().await;
    let question = VerifyKey {
        sha256: "of nobody".into(),
    };
    let answer = testkit::eventually("an answer", async || {
        kit.bus.ask(TenantId::from_raw(0), &question).await.ok()
    })
    .await;
    assert_eq!(answer, None);
    kit.stop().await;
}

#[tokio::test]
async fn the_suite_runs_on_the_engine_that_was_asked_for() {
    let kit = Kit::start(&[notes::SERVICE]).await;
    let postgres = std::env::var_os("TEST_DB").is_some_and(|value| value == "postgres");
    let expected = if postgres {
        Engine::Postgres
    } else {
        Engine::Sqlite
    };
    assert!(kit.db("notes").engine() == expected);
    assert_eq!(kit.data_dir().join("notes.db").exists(), !postgres);
    assert_eq!(kit.dead_letters().await, 0);
    kit.stop().await;
}

#[tokio::test]
async fn a_database_for_a_process_is_a_fresh_one_each_time() {
    let (one, two) = (testkit::database_url(), testkit::database_url());
    assert!(one.is_none() || one != two);
    assert_eq!(
        one.is_some(),
        std::env::var_os("TEST_DB").is_some_and(|value| value == "postgres")
    );
}
