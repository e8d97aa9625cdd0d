//! A campaign's text, sent to a few people who want to see it first.

use std::time::Duration;

use serde_json::json;

use super::world::{World, people, wait_for};

#[tokio::test(flavor = "multi_thread")]
async fn a_test_of_a_campaign_reaches_each_of_ten_once_and_says_what_it_belongs_to() {
    let world = World::start(&[]);
    let campaign = world.prepare(&people(12)).await;
    let client = world.client();
    let list = client.get("/v1/contacts?limit=12").await.unwrap();
    let ids: Vec<&str> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|contact| contact["id"].as_str())
        .take(10)
        .collect();
    let body = json!({ "contacts": ids, "fields": { "first_name": "Test" } });
    let path = format!("/v1/campaigns/{campaign}/test-send");
    let sent = client.post(&path, &body).await.unwrap();
    let sent = sent["messages"].as_array().unwrap();
    assert_eq!(sent.len(), 10);
    for one in sent {
        let path = format!("/v1/messages/{}", one["message"].as_str().unwrap());
        let message = wait_for("the text has left", Duration::from_secs(30), async || {
            let message = client.get(&path).await.ok()?;
            message["handed_over_at"].is_string().then_some(message)
        })
        .await;
        let origin = json!({ "kind": "campaign_test", "id": campaign });
        assert_eq!(message["origin"], origin, "{message}");
        let timeline = client.get(&format!("{path}/timeline")).await.unwrap();
        assert_eq!(timeline["hops"][0]["origin"], origin, "{timeline}");
    }
    let verdict = world.verdict();
    assert_eq!(
        (verdict.texts, verdict.recipients, verdict.texts_twice),
        (10, 10, 0),
        "{verdict:?}"
    );
}
