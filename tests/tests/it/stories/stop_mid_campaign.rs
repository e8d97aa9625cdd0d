//! People text STOP while the campaign that would reach them is running.

use std::time::Duration;

use super::carrier::CONFIRMATION;
use super::world::{World, assert_sums, people, sum, wait_for};

/// How many confirmations a carrier took.
fn confirmations(log: &str) -> usize {
    let entries = log.lines().map(serde_json::from_str::<serde_json::Value>);
    let confirms = |entry: &serde_json::Value| {
        entry["e"] == "submit"
            && entry["text"]
                .as_str()
                .is_some_and(|text| text.contains(CONFIRMATION))
    };
    entries.flatten().filter(confirms).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_texted_stop_is_texted_after_the_confirmation() {
    let mut world = World::start(&[("HAILMAST_DISPATCH__LANE__SEGMENTS_PER_SECOND", "600")]);
    let people = people(3000);
    let campaign = world.prepare(&people).await;
    world.launch(&campaign).await;
    wait_for("the first text", Duration::from_secs(20), async || {
        (sum(&world.progress(&campaign).await?["handed_over"]) > 100).then_some(())
    })
    .await;
    // Their turn comes late in the campaign, or is just coming.
    for phone in people.iter().skip(500).step_by(50) {
        world.text_in(phone, "STOP");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let progress = world.completed(&campaign, Duration::from_secs(60)).await;
    wait_for("the confirmations", Duration::from_secs(20), async || {
        let stats = world.carrier_stats();
        (stats["replies_answered"].as_u64()? >= 50).then_some(())
    })
    .await;
    wait_for("fifty confirmations", Duration::from_secs(30), async || {
        (confirmations(&world.carrier_log()) >= 50).then_some(())
    })
    .await;
    // Time for a text that must not come.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_sums(&progress);
    // Consent looked at every one of these hand-overs, and takes none for what it is not.
    let incidents = world.client().get("/v1/incidents").await.unwrap();
    assert_eq!(incidents["data"], serde_json::json!([]), "{incidents}");
    let verdict = world.verdict();

    assert_eq!(verdict.stops, 50, "{verdict:?}");
    assert_eq!(verdict.confirmations, 50, "{verdict:?}");
    assert_eq!(
        (verdict.texts_after_confirmed_stop, verdict.texts_twice),
        (0, 0),
        "{verdict:?}"
    );
    assert!(
        sum(&progress["suppressed"]) > 0,
        "STOPs came in time for some: {progress}"
    );
    assert_eq!(
        sum(&progress["handed_over"]),
        verdict.texts,
        "{progress} {verdict:?}"
    );
}
