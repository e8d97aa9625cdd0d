//! A campaign that somebody looks at, and somebody else approves, before it leaves.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::binary;

use super::desk;
use super::world::{World, assert_sums, people, sum};

/// `hailmast campaign …` against the world; whether it succeeded, and what it said.
fn campaign(world: &World, words: &[&str]) -> (bool, Value) {
    let output = Command::new(binary())
        .arg("campaign")
        .args(words)
        .args(["--json", "--url"])
        .arg(format!("http://{}", world.address()))
        .env("HAILMAST_KEY", world.key())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let last = said.lines().last().unwrap_or_default();
    let said = serde_json::from_str(last).unwrap_or_default();
    (output.status.success(), said)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_preflight_promises_is_handed_over_and_an_edit_voids_an_approval() {
    let world = World::start(&[]);
    let client = world.client();
    let people = people(700);
    let list = desk::import(&client, desk::csv(&people, "Ana")).await;
    desk::opt_in(&client, &people[..600]).await;
    let template = desk::published(&client, desk::TEXT).await;
    let id = desk::draft(&client, &template, &list).await;
    let own = json!({"approval_from": 500});
    put(&world, "/v1/campaign-settings", &own).await;

    let (fine, found) = campaign(&world, &["preflight", &id]);
    assert!(fine, "{found}");
    let report = &found["report"];
    assert_eq!(
        (&report["recipients"], &report["would_send"]),
        (&json!(700), &json!(600)),
        "{report}"
    );
    assert_eq!(report["suppressed"][0]["reason"], "NO_CONSENT", "{report}");
    assert_eq!(report["segments"], json!({"1": 600}), "{report}");
    assert!(
        found["samples"][0]["text"]
            .as_str()
            .unwrap()
            .starts_with("Hi Ana"),
        "{found}"
    );
    let (fine, _) = campaign(&world, &["launch", &id, "--yes"]);
    assert!(!fine, "it needs an approval");

    let path = format!("/v1/campaigns/{id}");
    let verb = |verb: &str| format!("{path}/{verb}");
    let nothing = json!({});
    client.post(&verb("submit"), &nothing).await.unwrap();
    let second = world.live_client();
    let approved = second.post(&verb("approve"), &nothing).await.unwrap();
    assert_eq!(approved["state"], "approved");
    let edit = serde_json::to_vec(&json!({"programme": "newsletter"})).unwrap();
    let (status, _) = client
        .send("PATCH", &path, "application/json", edit)
        .await
        .unwrap();
    assert_eq!(status, 200);
    let (status, told) = client
        .send("POST", &verb("launch"), "application/json", Vec::new())
        .await
        .unwrap();
    assert_eq!(
        (status, &told["code"], &told["errors"][0]["pointer"]),
        (422, &json!("campaign.approval_void"), &json!("/content")),
        "{told}"
    );

    // Looked at and approved as it is now, it leaves.
    let back = serde_json::to_vec(&json!({"programme": "default"})).unwrap();
    client
        .send("PATCH", &path, "application/json", back)
        .await
        .unwrap();
    let (fine, again) = campaign(&world, &["preflight", &id]);
    assert!(fine, "{again}");
    assert_eq!(again["report"]["audience"], report["audience"]);
    assert_eq!(again["report"]["policy"], report["policy"]);
    client.post(&verb("submit"), &nothing).await.unwrap();
    second.post(&verb("approve"), &nothing).await.unwrap();
    let (fine, launched) = campaign(&world, &["launch", &id, "--yes"]);
    assert!(fine, "{launched}");
    let progress = world.completed(&id, Duration::from_secs(60)).await;
    assert_sums(&progress);
    assert_eq!(
        json!(sum(&progress["handed_over"])),
        again["report"]["would_send"],
        "{progress}"
    );
    let history = client.get(&verb("history")).await.unwrap();
    let actions: Vec<&str> = history["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["action"].as_str())
        .collect();
    assert_eq!(
        actions,
        [
            "submit", "approve", "submit", "approve", "launch", "freeze", "close"
        ]
    );
    let verdict = world.verdict();
    assert_eq!(
        (verdict.texts, verdict.recipients, verdict.texts_twice),
        (600, 600, 0),
        "{verdict:?}"
    );
}

async fn put(world: &World, path: &str, body: &Value) {
    let body = serde_json::to_vec(body).unwrap();
    let (status, told) = world
        .client()
        .send("PUT", path, "application/json", body)
        .await
        .unwrap();
    assert_eq!(status, 200, "{told}");
}
