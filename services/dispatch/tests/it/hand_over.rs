use contract::chunk::Outcome;
use contract::ids::MessageId;
use contract::{Mode, Reason};
use serde_json::json;

use super::rig::{Rig, Wish, kind, until};
use super::stub::Stub;

#[tokio::test(flavor = "multi_thread")]
async fn every_text_is_handed_over_once_and_delivered() {
    let rig = Rig::start(Wish {
        smsc: kind(),
        ..Wish::default()
    })
    .await;
    rig.send(&rig.chunk(0, 0..500)).await;
    rig.send(&rig.chunk(1, 0..10)).await;
    until("all is delivered", || {
        rig.said.count(Outcome::Delivered) == 510
    })
    .await;
    rig.stub.all_closed().await;
    let id = MessageId::of(rig.run, 0, 130);
    let path = format!("/v1/messages/{id}/dispatch");
    let (status, seen) = rig.kit.get(&path).await;
    assert_eq!(
        (status, &seen["outcome"], &seen["provider"]),
        (200, &json!("delivered"), &json!("simulator"))
    );
    let (_, providers) = rig.kit.get("/v1/providers").await;
    assert_eq!(providers["data"][0]["state"], "bound", "{providers}");
    let (_, lanes) = rig.kit.get("/v1/lanes").await;
    assert_eq!(lanes["data"][0]["in_flight"], 0, "{lanes}");
    let unknown = MessageId::of(rig.run, 9, 0);
    assert_eq!(
        rig.kit
            .get(&format!("/v1/messages/{unknown}/dispatch"))
            .await
            .0,
        404
    );
    assert_eq!(rig.kit.get("/v1/messages/cmp_1/dispatch").await.0, 400);
    // Another tenant sees neither the text nor the lane.
    let other = rig.kit.with_key(&rig.kit.other_key);
    assert_eq!(
        other
            .send("GET", &path, "application/json", Vec::new())
            .await
            .unwrap()
            .0,
        404
    );
    assert_eq!(other.get("/v1/lanes").await.unwrap()["data"], json!([]));
    let verdict = rig.stop().await;
    assert_eq!(
        (verdict.texts, verdict.texts_twice, verdict.delivered),
        (510, 0, 510)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_texts_are_reported_with_their_reason_and_never_sent() {
    let stub = Stub::default();
    stub.with(|state| {
        state
            .refuse
            .push((3, Outcome::Suppressed, Reason::OPTED_OUT_GLOBAL));
        state.refuse.push((70, Outcome::Held, Reason::QUIET_HOURS));
    });
    let rig = Rig::start(Wish {
        smsc: kind(),
        stub,
        ..Wish::default()
    })
    .await;
    rig.send(&rig.chunk(0, 0..100)).await;
    until("all is delivered", || {
        rig.said.count(Outcome::Delivered) == 98
    })
    .await;
    let states = rig.said.states();
    assert_eq!(states[&MessageId::of(rig.run, 0, 3)], Outcome::Suppressed);
    assert_eq!(states[&MessageId::of(rig.run, 0, 70)], Outcome::Held);
    let reasons: Vec<_> = rig
        .said
        .hand_overs
        .lock()
        .unwrap()
        .iter()
        .map(|(_, item)| item.reason.clone())
        .collect();
    assert!(reasons.contains(&Reason::OPTED_OUT_GLOBAL) && reasons.contains(&Reason::QUIET_HOURS));
    // Held before, allowed now: the slot is settled in a second go.
    rig.stub.with(|state| state.refuse.clear());
    rig.send(&rig.chunk(0, 70..71)).await;
    until("the held one is delivered", || {
        rig.said.count(Outcome::Delivered) == 99
    })
    .await;
    assert_eq!(rig.stop().await.texts, 99);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_delivered_again_sends_nothing_twice() {
    let rig = Rig::start(Wish {
        smsc: kind(),
        ..Wish::default()
    })
    .await;
    for _ in 0..3 {
        rig.send(&rig.chunk(0, 0..200)).await;
    }
    until("all is delivered", || {
        rig.said.count(Outcome::Delivered) == 200
    })
    .await;
    rig.send(&rig.chunk(0, 0..200)).await;
    until("it was asked for again", || {
        rig.stub.with(|state| state.asks) == 16
    })
    .await;
    let said = rig.said.clone();
    let verdict = rig.stop().await;
    assert_eq!((verdict.texts, verdict.texts_twice), (200, 0));
    assert_eq!(said.hand_overs.lock().unwrap().len(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_whose_permits_were_granted_in_a_lost_answer_are_unknown_and_not_sent() {
    let stub = Stub::default();
    stub.with(|state| state.lose_answers = 1);
    let rig = Rig::start(Wish {
        smsc: kind(),
        stub,
        ..Wish::default()
    })
    .await;
    rig.send(&rig.chunk(0, 0..10)).await;
    until("they are settled", || {
        rig.said.count(Outcome::Unknown) == 10
    })
    .await;
    rig.stub.all_closed().await;
    assert_eq!(rig.stop().await.texts, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn live_texts_fail_without_a_carrier_and_never_reach_the_simulator() {
    let rig = Rig::start(Wish {
        smsc: kind(),
        ..Wish::default()
    })
    .await;
    let mut chunk = rig.chunk(0, 0..70);
    chunk.head.mode = Mode::Live;
    rig.send(&chunk).await;
    until("all failed", || rig.said.count(Outcome::Failed) == 70).await;
    assert!(
        rig.said
            .hand_overs
            .lock()
            .unwrap()
            .iter()
            .all(|(_, item)| item.reason == Reason::NO_ROUTE)
    );
    assert_eq!(rig.stub.with(|state| state.asks), 0);
    assert_eq!(rig.stop().await.texts, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_keeps_its_pace() {
    let settings = vec![
        ("dispatch.lane.segments_per_second", json!(40)),
        ("dispatch.lane.burst", json!(4)),
    ];
    let rig = Rig::start(Wish {
        smsc: kind(),
        settings,
        ..Wish::default()
    })
    .await;
    rig.send(&rig.chunk(0, 50..110)).await;
    until("all is delivered", || {
        rig.said.count(Outcome::Delivered) == 60
    })
    .await;
    let verdict = rig.stop().await;
    let took = verdict.last_submit_us - verdict.first_submit_us;
    // 60 texts, 4 at once, 40 a second: the last leaves 1.4 s after the first.
    assert!((1_300_000..4_000_000).contains(&took), "{took} µs");
    assert_eq!(verdict.texts, 60);
}
