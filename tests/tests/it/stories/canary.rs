//! A campaign that goes wrong is stopped at its canary.

use std::time::Duration;

use serde_json::json;

use super::desk;
use super::world::{World, assert_sums, people, sum, wait_for};

/// Numbers whose texts the carrier takes and does not deliver.
fn undeliverable(count: usize) -> Vec<String> {
    (0..count)
        .map(|index| format!("+15005552{:03}", 100 + index))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_whose_canary_fails_is_stopped_and_nobody_else_is_texted() {
    let world = World::start(&[]);
    let people = undeliverable(400);
    let client = world.client();
    let list = desk::import(&client, desk::csv(&people, "Ana")).await;
    desk::opt_in(&client, &people).await;
    let template = desk::published(&client, desk::TEXT).await;
    let draft = json!({
        "name": "Sale", "class": "marketing", "template": template, "sender": desk::SENDER,
        "audience": { "include": [list] }, "envelope": { "max_error_percent": 6, "canary_min": 100 },
    });
    let draft = client.post("/v1/campaigns", &draft).await.unwrap();
    let campaign = draft["id"].as_str().unwrap().to_string();
    world.launch(&campaign).await;
    let ended = wait_for("the envelope's stop", Duration::from_secs(60), async || {
        let seen = world.progress(&campaign).await?;
        (seen["state"] == "cancelled" && sum(&seen["pending"]) == 0).then_some(seen)
    })
    .await;
    assert_sums(&ended);
    assert_eq!(ended["state_reason"], "envelope.error_rate", "{ended}");
    assert_eq!(
        (sum(&ended["handed_over"]), sum(&ended["cancelled"])),
        (100, 300),
        "{ended}"
    );
    let view = client
        .get(&format!("/v1/campaigns/{campaign}/envelope"))
        .await
        .unwrap();
    let decisions = view["run"]["decisions"].as_array().unwrap();
    assert_eq!(decisions.len(), 1, "{view}");
    assert_eq!(decisions[0]["decision"], "stop", "{view}");
    let verdict = world.verdict();
    assert_eq!(
        (verdict.texts, verdict.recipients, verdict.texts_twice),
        (100, 100, 0),
        "{verdict:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn undelivered_texts_go_out_again_when_a_retry_includes_them() {
    let world = World::start(&[("HAILMAST_DISPATCH__FOLD_EVERY_MS", "100")]);
    let mut everybody = people(30);
    everybody.extend(undeliverable(20));
    let campaign = world.prepare(&everybody).await;
    world.launch(&campaign).await;
    let within = Duration::from_secs(60);
    let first = world.completed(&campaign, within).await;
    assert_eq!(sum(&first["handed_over"]), 50, "{first}");
    world.funnel(&campaign, within).await;
    let client = world.client();
    let retry = format!("/v1/campaigns/{campaign}/retry");
    let include = json!({ "include": ["undelivered"] });
    wait_for("the receipts to be folded", within, async || {
        client.post(&retry, &include).await.ok()
    })
    .await;
    let second = world.completed(&campaign, within).await;
    assert_eq!(
        (sum(&second["recipients"]), sum(&second["handed_over"])),
        (20, 20),
        "{second}"
    );
    let runs = client
        .get(&format!("/v1/campaigns/{campaign}/runs"))
        .await
        .unwrap();
    assert_eq!(runs["data"].as_array().unwrap().len(), 2, "{runs}");
    let verdict = world.verdict();
    // The judge calls it twice when the same words reach the same number; here that was asked for.
    assert_eq!(
        (verdict.texts, verdict.recipients, verdict.texts_twice),
        (70, 50, 20),
        "{verdict:?}"
    );
}
