//! A campaign from a CSV to delivered texts.

use std::time::Duration;

use super::world::{World, assert_sums, people, sum};

#[tokio::test(flavor = "multi_thread")]
async fn every_contact_of_a_campaign_gets_one_text_and_its_receipt() {
    let world = World::start(&[]);
    let campaign = world.prepare(&people(3000)).await;
    world.launch(&campaign).await;
    let progress = world.completed(&campaign, Duration::from_secs(60)).await;
    let funnel = world.funnel(&campaign, Duration::from_secs(30)).await;
    assert_sums(&progress);
    let verdict = world.verdict();

    assert_eq!(sum(&progress["handed_over"]), 3000, "{progress}");
    assert_eq!(
        sum(&funnel["delivered"]) + sum(&funnel["undelivered"]),
        3000,
        "{funnel}"
    );
    assert_eq!(
        sum(&funnel["delivered"]),
        verdict.delivered,
        "{funnel} {verdict:?}"
    );
    assert_eq!(
        (verdict.texts, verdict.recipients, verdict.texts_twice),
        (3000, 3000, 0),
        "{verdict:?}"
    );
}
