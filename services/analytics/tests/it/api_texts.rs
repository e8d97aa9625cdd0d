//! Texts of the API: of no campaign, each a run of its own; and which way they went.

use std::collections::BTreeMap;

use contract::chunk::{Outcome, SlotRef};
use contract::dispatch::{Passed, Routed, RoutedGroup, TextsRouted};
use contract::{CampaignId, MessageId, RunId, UnixMillis};
use serde_json::{Value, json};
use testkit::Kit;

use crate::samples::{START, hand_overs, receipts};

/// How dispatch says that a text has no campaign.
const NO_CAMPAIGN: CampaignId = CampaignId::from_raw(0);

/// One text of the API comes to this at hand-over.
async fn handed(kit: &Kit, run: RunId, outcome: Outcome) {
    let mut event = hand_overs(run, START + 60_000, &[(0, outcome)]);
    event.slots[0].campaign = NO_CAMPAIGN;
    kit.bus.publish(kit.tenant, &event).await.unwrap();
}

async fn received(kit: &Kit, run: RunId, at: i64, outcome: Outcome) {
    let event = receipts(run, at, &[(0, outcome)]);
    kit.bus.publish(kit.tenant, &event).await.unwrap();
}

const HOURLY: &str = "/v1/analytics/hourly?from=2026-06-10T00:00:00Z&to=2026-06-12T00:00:00Z";

async fn hourly(kit: &Kit) -> Value {
    let (status, hours) = kit.get(HOURLY).await;
    assert_eq!(status, 200, "{hours}");
    hours
}

/// Messages by outcome.
fn counts(hours: &Value) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for hour in hours["data"].as_array().unwrap() {
        let outcome = hour["outcome"].as_str().unwrap().to_string();
        *counts.entry(outcome).or_default() += hour["messages"].as_i64().unwrap();
    }
    counts
}

async fn until_counted(kit: &Kit, wanted: &[(&str, i64)]) -> Value {
    let wanted: BTreeMap<String, i64> = wanted
        .iter()
        .map(|(outcome, count)| ((*outcome).to_string(), *count))
        .collect();
    testkit::eventually("the texts are counted", || async {
        let hours = hourly(kit).await;
        (counts(&hours) == wanted).then_some(hours)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_text_of_the_api_stands_in_one_hourly_sum_and_a_late_receipt_moves_it() {
    let kit = Kit::start(&[analytics::SERVICE]).await;
    let runs: Vec<RunId> = (0..5).map(|_| RunId::begin(kit.clock.now())).collect();
    let handed_over = [
        Outcome::HandedOver,
        Outcome::HandedOver,
        Outcome::HandedOver,
        Outcome::Failed,
        Outcome::Unknown,
    ];
    // This receipt overtakes its hand-over.
    received(&kit, runs[0], START + 61_000, Outcome::Delivered).await;
    for (run, outcome) in runs.iter().zip(handed_over) {
        handed(&kit, *run, outcome).await;
    }
    received(&kit, runs[1], START + 62_000, Outcome::Undelivered).await;
    let provisional = until_counted(
        &kit,
        &[
            ("delivered", 1),
            ("failed", 1),
            ("handed_over", 1),
            ("undelivered", 1),
            ("unknown", 1),
        ],
    )
    .await;
    assert_eq!(provisional["provisional"], json!(true));
    let sums = provisional["data"].as_array().unwrap();
    assert!(
        sums.iter().all(|sum| sum["provisional"] == json!(true)
            && sum["revision"] == Value::Null
            && sum["hour"] == sums[0]["hour"]),
        "{provisional}"
    );

    // Receipts are waited for 72 hours after the end of the hour.
    kit.clock.advance(chrono::Duration::hours(73));
    let stated = hourly(&kit).await;
    assert_eq!(stated["provisional"], json!(false));
    for sum in stated["data"].as_array().unwrap() {
        assert_eq!(
            (&sum["revision"], &sum["restated_at"]),
            (&json!(1), &Value::Null),
            "{stated}"
        );
    }
    let late = kit.clock.millis().0;
    for _ in 0..3 {
        received(&kit, runs[4], late, Outcome::Delivered).await;
    }
    let restated = until_counted(
        &kit,
        &[
            ("delivered", 2),
            ("failed", 1),
            ("handed_over", 1),
            ("undelivered", 1),
        ],
    )
    .await;
    for sum in restated["data"].as_array().unwrap() {
        assert_eq!(sum["revision"], json!(2), "{restated}");
        assert!(sum["restated_at"].is_string(), "{restated}");
    }
    let message = MessageId::of(runs[4], 0, 0);
    let (_, one) = kit.get(&format!("/v1/messages/{message}")).await;
    assert_eq!(
        (&one["outcome"], &one["campaign"]),
        (&json!("delivered"), &Value::Null)
    );
    let theirs = kit
        .with_key(&kit.other_key)
        .send("GET", HOURLY, "application/json", vec![])
        .await
        .unwrap();
    assert_eq!(theirs.1["data"], json!([]));
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_timeline_says_which_route_a_text_took_and_which_it_did_not() {
    let kit = Kit::start(&[analytics::SERVICE]).await;
    let run = RunId::begin(kit.clock.now());
    let routed = |route: &str| Routed {
        route: route.into(),
        sender: Some("+15005550100".into()),
        passed: vec![
            Passed {
                route: "cheap".into(),
                why: "circuit_open".into(),
                tried: false,
            },
            Passed {
                route: "main".into(),
                why: "CARRIER_ACCOUNT".into(),
                tried: true,
            },
        ],
    };
    let group = |routed: Routed, positions: Vec<u16>| RoutedGroup {
        slot: SlotRef {
            run,
            chunk: 0,
            slot: 0,
        },
        campaign: NO_CAMPAIGN,
        positions,
        routed,
    };
    let event = TextsRouted {
        groups: vec![group(routed("spare"), vec![0, 2])],
    };
    // It may come before the hand-over, and twice.
    for _ in 0..2 {
        kit.bus.publish(kit.tenant, &event).await.unwrap();
    }
    let items = [0, 1, 2].map(|position| (position, Outcome::HandedOver));
    let mut event = hand_overs(run, START + 60_000, &items);
    event.slots[0].campaign = NO_CAMPAIGN;
    kit.bus.publish(kit.tenant, &event).await.unwrap();

    let names = |way: &Value| -> Vec<String> {
        let hops = way["hops"].as_array().unwrap().iter();
        hops.map(|hop| hop["hop"].as_str().unwrap().to_string())
            .collect()
    };
    for position in [0, 2] {
        let path = format!("/v1/messages/{}/timeline", MessageId::of(run, 0, position));
        let way = testkit::eventually("the routed hop", || async {
            let (status, way) = kit.get(&path).await;
            (status == 200 && names(&way).len() == 3).then_some(way)
        })
        .await;
        assert_eq!(names(&way), ["decision", "routed", "handed_over"]);
        let hop = &way["hops"][1];
        assert_eq!(
            hop["routed"],
            serde_json::to_value(routed("spare")).unwrap(),
            "{way}"
        );
        assert_eq!(
            hop["at"],
            json!(UnixMillis(START + 60_000).to_utc()),
            "{way}"
        );
        let summary = way["summary"].as_str().unwrap();
        assert!(summary.ends_with("; route spare, 2nd attempt"), "{summary}");
    }
    let path = format!("/v1/messages/{}/timeline", MessageId::of(run, 0, 1));
    let (_, way) = kit.get(&path).await;
    assert_eq!(
        names(&way),
        ["decision", "handed_over"],
        "no choice, no hop"
    );
    kit.stop().await;
}
