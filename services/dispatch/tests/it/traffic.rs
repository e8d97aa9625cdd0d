use std::time::{Duration, Instant};

use contract::chunk::Outcome;
use contract::dispatch::SendChunk;
use contract::ids::{CampaignId, RunId};
use contract::{Mode, Reason};
use serde_json::{Value, json};

use super::rig::{Rig, SENDER, Wish, kind, until};

const SLOW: &str = "+15005550007";

async fn rig() -> Rig {
    Rig::start(Wish {
        smsc: kind(),
        ..Wish::default()
    })
    .await
}

/// A chunk of another run, campaign and sender.
fn other(rig: &Rig, number: u32, texts: u16) -> SendChunk {
    let mut chunk = rig.chunk(number, 0..texts);
    chunk.head.run = RunId::from_raw(rig.run.raw() + (1 << 40));
    chunk.head.campaign = CampaignId::from_raw(9);
    chunk.head.sender = SLOW.to_string();
    chunk
}

async fn control(rig: &Rig, level: &str, name: &str, body: Value) {
    let path = format!("/v1/traffic/controls/{level}/{name}");
    let (status, told) = rig.kit.put(&path, body).await;
    assert_eq!(status, 200, "{told}");
}

async fn resume(rig: &Rig, level: &str, name: &str) {
    let path = format!("/v1/traffic/controls/{level}/{name}");
    assert_eq!(rig.kit.delete(&path).await.0, 204);
}

/// Outcome and reason of everything said so far, and whether it says when to try again.
fn said(rig: &Rig) -> Vec<(Outcome, Reason, bool)> {
    let all = rig.said.hand_overs.lock().unwrap();
    all.iter()
        .map(|(_, item)| (item.outcome, item.reason.clone(), item.until.is_some()))
        .collect()
}

/// Texts that the carrier took.
fn left(rig: &Rig) -> usize {
    let said = said(rig);
    said.iter()
        .filter(|one| one.0 == Outcome::HandedOver)
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_on_each_level_asks_for_no_permit_and_a_resume_lets_all_leave() {
    let rig = rig().await;
    let campaign = CampaignId::from_raw(5).to_string();
    for (chunk, (level, name)) in [
        ("lane", SENDER),
        ("campaign", campaign.as_str()),
        ("tenant", "own"),
        ("provider", "simulator"),
        ("global", "all"),
    ]
    .into_iter()
    .enumerate()
    {
        let chunk = u32::try_from(chunk).unwrap();
        let asks = rig.stub.with(|state| state.asks);
        control(
            &rig,
            level,
            name,
            json!({"action": "pause", "reason": "a test"}),
        )
        .await;
        rig.send(&rig.chunk(chunk, 0..10)).await;
        let held = (chunk as usize + 1) * 10;
        until("all are held", || {
            said(&rig)
                .iter()
                .filter(|one| one.0 == Outcome::Held)
                .count()
                == held
        })
        .await;
        assert_eq!(rig.stub.with(|state| state.asks), asks, "{level}");
        resume(&rig, level, name).await;
        rig.send(&rig.chunk(chunk, 0..10)).await;
        until("they are delivered", || {
            rig.said.count(Outcome::Delivered) == held
        })
        .await;
    }
    let held: Vec<_> = said(&rig)
        .into_iter()
        .filter(|one| one.0 == Outcome::Held)
        .collect();
    assert!(
        held.iter()
            .all(|one| one.1 == Reason::OPERATOR_PAUSED && one.2)
    );
    assert_eq!(rig.stop().await.texts_twice, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_stops_a_running_lane_within_a_second_and_survives_a_restart() {
    let rig = rig().await;
    let (status, told) = rig
        .kit
        .put(
            &format!("/v1/limits/lane/{SENDER}"),
            json!({"segments_per_second": 20, "burst": 2}),
        )
        .await;
    assert_eq!(status, 200, "{told}");
    rig.send(&rig.chunk(0, 0..200)).await;
    until("some have left", || rig.said.count(Outcome::Delivered) > 5).await;
    control(&rig, "lane", SENDER, json!({"action": "pause"})).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let before = left(&rig);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(left(&rig), before);
    until("the rest is held", || {
        rig.said.states().len() == 200
            && rig.said.count(Outcome::Held) + rig.said.count(Outcome::Delivered) == 200
    })
    .await;
    let (_, lanes) = rig.kit.get("/v1/lanes").await;
    let lane = &lanes["data"][0];
    assert_eq!(
        (
            &lane["control"],
            &lane["segments_per_second"],
            &lane["burst"]
        ),
        (&json!("pause"), &json!(20.0), &json!(2)),
        "{lanes}"
    );
    let rig = rig.restart().await;
    let asks = rig.stub.with(|state| state.asks);
    rig.send(&rig.chunk(1, 0..10)).await;
    until("they are held, too", || rig.said.states().len() == 210).await;
    assert_eq!(rig.stub.with(|state| state.asks), asks);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_cancels_what_waits_and_never_what_was_permitted() {
    let rig = rig().await;
    let limit = json!({"segments_per_second": 10, "burst": 1});
    rig.kit.put("/v1/limits/global/all", limit).await;
    rig.send(&rig.chunk(0, 0..100)).await;
    until("some have left", || rig.said.count(Outcome::Delivered) > 3).await;
    control(
        &rig,
        "campaign",
        &CampaignId::from_raw(5).to_string(),
        json!({"action": "purge"}),
    )
    .await;
    until("the rest is cancelled", || {
        rig.said.count(Outcome::Delivered) + rig.said.count(Outcome::Cancelled) == 100
    })
    .await;
    let delivered = rig.said.count(Outcome::Delivered);
    rig.stub.all_closed().await;
    assert_eq!(rig.stub.with(|state| state.permitted.len()), delivered);
    assert!(
        said(&rig)
            .iter()
            .filter(|one| one.0 == Outcome::Cancelled)
            .all(|one| one.1 == Reason::OPERATOR_PURGED)
    );
    assert_eq!(rig.stop().await.texts, delivered as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_takes_nothing_new_and_lets_go_what_is_in_hand() {
    let rig = rig().await;
    let limit = json!({"segments_per_second": 20, "burst": 1});
    rig.kit
        .put(&format!("/v1/limits/lane/{SENDER}"), limit)
        .await;
    rig.send(&rig.chunk(0, 0..40)).await;
    until("the first has left", || {
        rig.said.count(Outcome::Delivered) > 0
    })
    .await;
    control(
        &rig,
        "lane",
        SENDER,
        json!({"action": "drain", "for_seconds": 60}),
    )
    .await;
    rig.send(&rig.chunk(1, 0..5)).await;
    until("what was in hand is delivered, what came is held", || {
        rig.said.count(Outcome::Delivered) == 40 && rig.said.count(Outcome::Held) == 5
    })
    .await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_lane_gives_back_what_would_wait_and_holds_up_no_other() {
    let rig = rig().await;
    let limit = json!({"segments_per_second": 1});
    rig.kit.put(&format!("/v1/limits/lane/{SLOW}"), limit).await;
    for number in 0..40 {
        rig.send(&other(&rig, number, 500)).await;
    }
    let begun = Instant::now();
    rig.send(&rig.chunk(0, 0..500)).await;
    until("the fast lane is through", || {
        rig.said.count(Outcome::Delivered) >= 500
    })
    .await;
    assert!(begun.elapsed() < Duration::from_secs(10));
    until("the slow lane has given back", || {
        rig.said.count(Outcome::Held) >= 40 * 500 - 40
    })
    .await;
    let held = said(&rig);
    let mut held = held.iter().filter(|one| one.0 == Outcome::Held);
    assert!(held.all(|one| one.1 == Reason::PACE_QUEUE && one.2));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_shares_its_class_and_its_day_among_its_senders() {
    let rig = rig().await;
    let limit = json!({"class": "A", "per_day": 30, "senders": [SENDER, SLOW]});
    let (status, told) = rig.kit.put("/v1/limits/registration/C123", limit).await;
    assert_eq!(
        (status, &told["segments_per_second"]),
        (200, &json!(75.0)),
        "{told}"
    );
    rig.send(&rig.chunk(0, 0..20)).await;
    until("the first are delivered", || {
        rig.said.count(Outcome::Delivered) == 20
    })
    .await;
    rig.send(&other(&rig, 0, 20)).await;
    until("the others are settled", || rig.said.states().len() == 40).await;
    let taken = left(&rig);
    assert!((20..=30).contains(&taken), "{taken}");
    let held = said(&rig);
    let mut held = held.iter().filter(|one| one.0 == Outcome::Held);
    assert!(held.all(|one| one.1 == Reason::CARRIER_DAILY_CAP && one.2));
    // The count outlives the process.
    let rig = rig.restart().await;
    rig.send(&rig.chunk(1, 0..20)).await;
    until("all of it is settled", || rig.said.states().len() == 60).await;
    assert!(left(&rig) <= 30);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_lane_sends_from_another_sender_of_the_tenant_and_no_other() {
    let rig = rig().await;
    let body = || json!({"action": "move", "to": SLOW, "reason": "blocked"});
    let path = format!("/v1/traffic/controls/lane/{SENDER}");
    // Of another tenant, and what no sender can be.
    let theirs = rig.kit.with_key(&rig.kit.other_key);
    let pool = json!({"name": "theirs", "senders": ["+15005550008"]});
    let made = theirs.post("/v1/sender-pools", &pool).await;
    assert!(made.is_ok(), "{made:?}");
    for to in ["+15005550008", "käse", "pool:theirs"] {
        let body = json!({"action": "move", "to": to});
        let (status, told) = rig.kit.put(&path, body).await;
        assert_eq!(
            (status, &told["code"]),
            (422, &json!("traffic.target")),
            "{to}"
        );
    }
    // It has never sent.
    control(&rig, "lane", SENDER, body()).await;
    rig.send(&rig.chunk(0, 0..10)).await;
    until("all is delivered", || {
        rig.said.count(Outcome::Delivered) == 10
    })
    .await;
    let (_, lanes) = rig.kit.get("/v1/lanes").await;
    let senders: Vec<_> = lanes["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|lane| lane["sender"].as_str().unwrap())
        .collect();
    assert_eq!(senders, [SLOW]);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenant_steers_only_its_own_traffic() {
    let rig = rig().await;
    rig.send(&rig.chunk(0, 0..1)).await;
    until("it is delivered", || {
        rig.said.count(Outcome::Delivered) == 1
    })
    .await;
    control(&rig, "lane", SENDER, json!({"action": "pause"})).await;
    let other = rig.kit.with_key(&rig.kit.other_key);
    let pause = br#"{"action":"pause"}"#.to_vec();
    for path in ["provider/simulator", "global/all"] {
        let path = format!("/v1/traffic/controls/{path}");
        let sent = other.send("PUT", &path, "application/json", pause.clone());
        let (status, told) = sent.await.unwrap();
        assert_eq!(
            (status, &told["code"]),
            (403, &json!("traffic.operators_only"))
        );
    }
    let seen = other.get("/v1/traffic/controls").await.unwrap();
    assert_eq!(seen["data"], json!([]));
    let path = format!("/v1/traffic/controls/lane/{SENDER}");
    let sent = other.send("DELETE", &path, "application/json", Vec::new());
    assert_eq!(sent.await.unwrap().0, 404);
    let (_, seen) = rig.kit.get("/v1/traffic/controls").await;
    assert_eq!(seen["data"][0]["action"], "pause", "{seen}");
    assert_eq!(Mode::Test.as_str(), seen["data"][0]["mode"]);
    rig.stop().await;
}
