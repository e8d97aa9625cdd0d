//! Two variants and a holdout, judged by what reached the carrier.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::desk;
use super::world::{World, assert_sums, people, sum};

/// Number and words of every text that reached the carrier.
fn texts(world: &World) -> Vec<(String, String)> {
    let log = world.carrier_log();
    let text = |line: &str| {
        let entry: Value = serde_json::from_str(line).ok()?;
        (entry["e"] == "submit").then_some(())?;
        Some((
            entry["to"].as_str()?.trim_start_matches('+').to_string(),
            entry["text"].as_str()?.to_string(),
        ))
    };
    log.lines().filter_map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_person_gets_one_text_of_their_variant_and_the_holdout_none() {
    let world = World::start(&[]);
    let client = world.client();
    let people = people(1000);
    let list = desk::import(&client, desk::csv(&people, "Ana")).await;
    desk::opt_in(&client, &people).await;
    let one = desk::published(&client, "Hi, shoes are cheap. Reply STOP to opt out.").await;
    let two = desk::published(&client, "Hi, hats are cheap. Reply STOP to opt out.").await;
    let campaign = json!({
        "name": "Sale", "class": "marketing", "template": one, "sender": desk::SENDER,
        "audience": { "include": [list] },
        "variants": [{ "name": "shoes", "weight": 60 }, { "name": "hats", "template": two, "weight": 40 }],
        "holdout_percent": 10,
    });
    let campaign = client.post("/v1/campaigns", &campaign).await.unwrap();
    let campaign = campaign["id"].as_str().unwrap();
    world.launch(campaign).await;
    let progress = world.completed(campaign, Duration::from_secs(60)).await;
    assert_sums(&progress);

    let mut of_person: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (to, text) in texts(&world) {
        of_person.entry(to).or_default().push(text);
    }
    assert!(of_person.values().all(|texts| texts.len() == 1));
    let with = |word: &str| {
        of_person
            .values()
            .filter(|texts| texts[0].contains(word))
            .count()
    };
    let holdout = progress["suppressed"]["HOLDOUT"].as_u64().unwrap();
    let path = format!("/v1/campaigns/{campaign}/variants");
    let variants = client.get(&path).await.unwrap();
    let all = &variants["variants"];
    assert_eq!(all[0]["handed_over"], with("shoes"), "{variants}");
    assert_eq!(all[1]["handed_over"], with("hats"), "{variants}");
    assert_eq!(variants["holdout"]["recipients"], holdout);
    assert_eq!(1000 - of_person.len() as u64, holdout);
    // Five sigma around 540, 360 and 100.
    assert!((460..=620).contains(&with("shoes")), "{variants}");
    assert!((284..=436).contains(&with("hats")), "{variants}");
    assert!((52..=148).contains(&holdout), "{variants}");

    let funnel = world.funnel(campaign, Duration::from_secs(30)).await;
    let received = sum(&funnel["delivered"]) + sum(&funnel["undelivered"]);
    assert_eq!(received, of_person.len() as u64, "{funnel}");
    let verdict = world.verdict();
    assert_eq!(
        (verdict.recipients, verdict.texts_twice),
        (of_person.len() as u64, 0)
    );
}
