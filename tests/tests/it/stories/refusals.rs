//! Keys that open nothing, and campaigns asked for what their state does not allow.

use std::time::Duration;

use serde_json::json;

use super::desk;
use super::raw::{Answer, ask};
use super::world::{World, assert_sums, people, sum, wait_for};

async fn post(world: &World, path: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {}", world.key());
    ask(
        world.address(),
        Some(&bearer),
        &format!("POST {path}"),
        "application/json",
        body.as_bytes(),
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_an_invalid_and_a_revoked_key_open_nothing() {
    let mut world = World::start(&[("HAILMAST_HTTP__KEY_CACHE_SECONDS", "1")]);
    let made = json!({ "phone": "+12122200001" }).to_string();
    let key = world
        .client()
        .post("/v1/api-keys", &json!({ "name": "spare", "mode": "test" }))
        .await
        .unwrap();
    let spare = format!("Bearer {}", key["key"].as_str().unwrap());
    let knock = async |authorization: Option<&str>| {
        ask(
            world.address(),
            authorization,
            "POST /v1/contacts",
            "application/json",
            made.as_bytes(),
        )
        .await
    };
    for (authorization, code) in [
        (None, "auth.missing"),
        (Some(""), "auth.missing"),
        (Some("Bearer "), "auth.missing"),
        (Some("Basic aGFpbDptYXN0"), "auth.missing"),
        (Some("Bearer rubbish"), "auth.invalid"),
        (
            Some("Bearer hm_test_00000000000000000000000000000000"),
            "auth.invalid",
        ),
        (Some(&spare[..spare.len() - 1]), "auth.invalid"),
    ] {
        knock(authorization)
            .await
            .assert_problem(&format!("{authorization:?}"), 401, code);
    }
    let list = async || {
        world.client().get("/v1/contacts").await.unwrap()["data"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(list().await, 0);

    assert_eq!(knock(Some(&spare)).await.status, 201, "the spare key works");
    let path = format!("DELETE /v1/api-keys/{}", key["id"].as_str().unwrap());
    let bearer = format!("Bearer {}", world.key());
    assert_eq!(
        ask(world.address(), Some(&bearer), &path, "", b"")
            .await
            .status,
        200
    );
    let refused = wait_for("the revocation", Duration::from_secs(5), async || {
        Some(knock(Some(&spare)).await).filter(|answer| answer.status != 200)
    })
    .await;
    refused.assert_problem("a revoked key", 401, "auth.invalid");

    let live = json!({ "name": "mine", "mode": "live" }).to_string();
    let live = post(&world, "/v1/api-keys", &live).await;
    live.assert_problem("a live key from a test key", 403, "auth.test_key");
    assert_eq!(list().await, 1);
    world.assert_unharmed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_refuses_what_its_state_does_not_allow() {
    let mut world = World::start(&[]);
    let campaign = world.prepare(&people(5)).await;
    let client = world.client();
    let ask_for = async |campaign: &str, what: &str| {
        post(&world, &format!("/v1/campaigns/{campaign}/{what}"), "{}").await
    };
    let state = async |campaign: &str| {
        let seen = client
            .get(&format!("/v1/campaigns/{campaign}"))
            .await
            .unwrap();
        seen["state"].as_str().unwrap().to_string()
    };
    for what in ["pause", "resume", "cancel"] {
        ask_for(&campaign, what)
            .await
            .assert_problem(what, 409, "campaign.state");
    }
    assert_eq!(state(&campaign).await, "draft");

    let draft = json!({ "name": "draft", "language": "en", "body": "Hi" });
    let draft = client.post("/v1/templates", &draft).await.unwrap();
    let lists = client.get("/v1/lists").await.unwrap();
    let list = lists["data"][0]["id"].as_str().unwrap();
    let never = desk::draft(&client, draft["id"].as_str().unwrap(), list).await;
    let nothing = desk::draft(&client, "tpl_01ARZ3NDEKTSV4RRFFQ69G5FAV", list).await;
    for campaign in [&never, &nothing] {
        let refused = ask_for(campaign, "launch").await;
        refused.assert_problem("launch", 422, "template.not_published");
        assert_eq!(state(campaign).await, "draft");
    }

    world.launch(&campaign).await;
    let again = ask_for(&campaign, "launch").await;
    again.assert_problem("launched twice", 409, "campaign.state");
    let progress = world.completed(&campaign, Duration::from_secs(30)).await;
    for what in ["launch", "pause", "resume", "cancel"] {
        ask_for(&campaign, what)
            .await
            .assert_problem(what, 409, "campaign.state");
    }
    for method in ["PATCH", "DELETE"] {
        let bearer = format!("Bearer {}", world.key());
        let head = format!("{method} /v1/campaigns/{campaign}");
        let answer = ask(
            world.address(),
            Some(&bearer),
            &head,
            "application/json",
            b"{}",
        )
        .await;
        answer.assert_problem(&head, 409, "campaign.state");
    }
    assert_eq!(state(&campaign).await, "completed");
    assert_sums(&progress);
    assert_eq!(sum(&progress["handed_over"]), 5, "{progress}");
    world.assert_unharmed();
    let verdict = world.verdict();
    assert_eq!((verdict.texts, verdict.texts_twice), (5, 0), "{verdict:?}");
}
