//! A segment as the audience of a campaign and as the start of a journey, with a kill in between.

use std::time::Duration;

use serde_json::{Value, json};

use super::desk;
use super::world::{SENDER, World, people, sum, wait_for};

const WELCOME: &str = "Hi {{ contact.first_name }}, welcome to gold. Reply STOP to opt out.";

/// People of whom every second is gold.
fn csv(people: &[String]) -> String {
    let tier = |line: usize| match line {
        0 => "tier",
        line if line % 2 == 1 => "gold",
        _ => "silver",
    };
    let csv = desk::csv(people, "Ana");
    let lines = csv.lines().enumerate();
    lines
        .map(|(line, text)| format!("{text},{}\n", tier(line)))
        .collect()
}

async fn patch(world: &World, phone: &str, attributes: Value) {
    let client = world.client();
    let phone = phone.replace('+', "%2B");
    let found = client.get(&format!("/v1/contacts?phone={phone}")).await;
    let id = found.unwrap()["data"][0]["id"]
        .as_str()
        .unwrap()
        .to_string();
    let body = json!({ "attributes": attributes }).to_string().into_bytes();
    let path = format!("/v1/contacts/{id}");
    let sent = client.send("PATCH", &path, "application/json", body).await;
    assert_eq!(sent.unwrap().0, 200);
}

fn welcomed(world: &World, phone: &str) -> usize {
    world
        .carrier_log()
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|entry| entry["e"] == "submit" && entry["to"] == phone)
        .filter(|entry| {
            entry["text"]
                .as_str()
                .unwrap_or_default()
                .contains("welcome")
        })
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_gets_a_campaign_and_whoever_comes_in_later_is_welcomed_once() {
    let mut world = World::start(&[]);
    let client = world.client();
    let people = people(60);
    desk::import(&client, csv(&people)).await;
    desk::opt_in(&client, &people[..50]).await;
    let asked = json!({"expression": "contact.tier == 'gold'"});
    let preview = client.post("/v1/segments/preview", &asked).await.unwrap();
    assert_eq!(
        (&preview["matching"], &preview["exact"]),
        (&json!(30), &json!(true))
    );
    let new = json!({"name": "Gold", "expression": "contact.tier == 'gold'"});
    let segment = client.post("/v1/segments", &new).await.unwrap();
    let segment = segment["id"].as_str().unwrap();

    // It may be launched at once: the audience waits until it is known.
    let template = desk::published(&client, desk::TEXT).await;
    let campaign = desk::draft(&client, &template, segment).await;
    world.launch(&campaign).await;
    let progress = world.completed(&campaign, Duration::from_secs(60)).await;
    assert_eq!(
        (&progress["recipients"], sum(&progress["handed_over"])),
        (&json!(30), 25),
        "{progress}"
    );

    let welcome = desk::published(&client, WELCOME).await;
    let source = format!(
        "journey: v1\nname: welcome\npurpose: marketing\ntrigger: {{segment: {segment}, when: enters}}\nsteps:\n  \
         - {{id: a_moment, wait: {{for: PT6S}}}}\n  - {{id: hello, send: {{template: welcome}}}}\n"
    );
    let draft = json!({"source": source, "templates": {"welcome": welcome}, "sender": SENDER});
    let journey = client.post("/v1/journeys", &draft).await.unwrap();
    let path = format!("/v1/journeys/{}/publish", journey["id"].as_str().unwrap());
    client.post(&path, &json!({})).await.unwrap();

    let (silver, unasked) = (&people[1], &people[51]);
    patch(&world, silver, json!({"tier": "gold"})).await;
    patch(&world, silver, json!({"city": "Lyon"})).await;
    patch(&world, unasked, json!({"tier": "gold"})).await;
    world.kill();
    world.boot();
    wait_for("the welcome", Duration::from_secs(60), async || {
        (welcomed(&world, silver) == 1).then_some(())
    })
    .await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    world.assert_unharmed();
    let verdict = world.verdict();
    assert_eq!(
        (verdict.texts, verdict.texts_twice),
        (26, 0),
        "who never opted in is not welcomed, and nobody twice: {verdict:?}"
    );
}
