//! Texts that surely did not leave are tried again, and leave once.

use std::time::Duration;

use contract::chunk::{Outcome, SlotRef};
use contract::consent::OpenSlot;
use contract::dispatch::{HandOver, SendChunk};
use contract::ids::{CampaignId, ContactId, DecisionId, MessageId};
use contract::{Phone, Reason};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::rig::{Rig, Wish, kind};

/// The simulated carrier answers it with a fault of its own, always.
const FAULTY: u64 = 15_005_550_002;

async fn rig(settings: Vec<(&'static str, Value)>) -> Rig {
    let quick = vec![
        ("dispatch.retry.first_ms", json!(400)),
        ("dispatch.retry.urgent_first_ms", json!(400)),
        ("dispatch.breaker.in_a_row", json!(0)),
    ];
    Rig::start(Wish {
        smsc: kind(),
        settings: quick.into_iter().chain(settings).collect(),
        ..Wish::default()
    })
    .await
}

/// Everything said of held texts, in order.
fn held(rig: &Rig) -> Vec<(MessageId, HandOver)> {
    let said = rig.said.hand_overs.lock().unwrap();
    let held = said
        .iter()
        .filter(|(_, item)| item.outcome == Outcome::Held);
    held.cloned().collect()
}

async fn play(rig: &Rig, chunk: &SendChunk, what: &str, reached: impl Fn(&Rig) -> bool) {
    rig.play(std::slice::from_ref(chunk), what, reached).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_throttles_for_a_while_gets_every_text_once_in_the_end() {
    let rig = rig(Vec::new()).await;
    rig.stub.with(|state| state.good_for_ms = 2_000);
    rig.smsc.change(|options| options.throttle_every = Some(1));
    let chunk = rig.chunk(0, 0..20);
    rig.send(&chunk).await;
    play(&rig, &chunk, "all are held", |rig| {
        rig.said.count(Outcome::Held) == 20
    })
    .await;
    let first = held(&rig);
    assert!(
        first
            .iter()
            .all(|(_, item)| item.reason == Reason::CARRIER_THROTTLED && item.until.is_some())
    );
    let path = format!("/v1/messages/{}/dispatch", MessageId::of(rig.run, 0, 3));
    let (status, shown) = rig.kit.get(&path).await;
    assert_eq!(
        (
            status,
            &shown["outcome"],
            &shown["attempts"][0]["number"],
            &shown["attempts"][0]["reason"]
        ),
        (200, &json!("held"), &json!(1), &json!("CARRIER_THROTTLED")),
        "{shown}"
    );
    rig.smsc.change(|options| options.throttle_every = None);
    play(&rig, &chunk, "all are delivered", |rig| {
        rig.said.count(Outcome::Delivered) == 20
    })
    .await;
    rig.stub.all_closed().await;
    // A repetition of the chunk finds every text done.
    rig.send(&chunk).await;
    let (_, shown) = rig.kit.get(&path).await;
    assert_eq!(shown["outcome"], json!("delivered"), "{shown}");
    assert!(!shown["attempts"].as_array().unwrap().is_empty(), "{shown}");
    let verdict = rig.stop().await;
    assert_eq!((verdict.texts, verdict.texts_twice), (20, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_last_attempt_a_text_has_failed_for_the_last_reason_and_others_are_not_held_up() {
    let rig = rig(vec![("dispatch.retry.most_attempts", json!(3))]).await;
    let mut chunk = rig.chunk(0, 0..10);
    chunk.texts[4].phone = Phone::from_digits(FAULTY).unwrap();
    // An invalid number is nobody's to try again.
    chunk.texts[5].phone = Phone::from_digits(15_005_550_001).unwrap();
    rig.send(&chunk).await;
    play(&rig, &chunk, "both have failed", |rig| {
        rig.said.count(Outcome::Failed) == 2 && rig.said.count(Outcome::Delivered) == 8
    })
    .await;
    rig.stub.all_closed().await;
    let id = MessageId::of(rig.run, 0, 4);
    let said = rig.said.hand_overs.lock().unwrap().clone();
    let of = |id| {
        let own = said.iter().filter(move |(of, _)| *of == id);
        own.map(|(_, item)| (item.outcome, item.reason.clone()))
            .collect::<Vec<_>>()
    };
    let fault = Reason::CARRIER_FAULT;
    assert_eq!(
        of(id),
        [
            (Outcome::Held, fault.clone()),
            (Outcome::Held, fault.clone()),
            (Outcome::Failed, fault)
        ]
    );
    assert_eq!(
        of(MessageId::of(rig.run, 0, 5)),
        [(Outcome::Failed, Reason::INVALID_NUMBER)]
    );
    assert_eq!(rig.stub.with(|state| state.returned[&id]), 2);
    let (_, shown) = rig.kit.get(&format!("/v1/messages/{id}/dispatch")).await;
    let numbers: Vec<_> = shown["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["number"].clone(), one["code"].clone()))
        .collect();
    let code = shown["attempts"][0]["code"].clone();
    assert!(code.is_string(), "{shown}");
    assert_eq!(numbers, [(json!(1), code.clone()), (json!(2), code)]);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permit_whose_return_a_stop_cut_off_comes_back_at_the_next_start() {
    let rig = rig(Vec::new()).await;
    rig.stub.with(|state| state.lose_closing = true);
    let mut chunk = rig.chunk(0, 7..8);
    chunk.texts[0].phone = Phone::from_digits(FAULTY).unwrap();
    rig.send(&chunk).await;
    play(&rig, &chunk, "it is held", |rig| {
        rig.said.count(Outcome::Held) == 1
    })
    .await;
    let slot = SlotRef {
        run: rig.run,
        chunk: 0,
        slot: 0,
    };
    let open = OpenSlot {
        tenant: rig.kit.tenant,
        slot,
        campaign: CampaignId::from_raw(5),
        positions: vec![7, 8],
        contacts: vec![ContactId::from_raw(1); 2],
        decisions: vec![DecisionId::from_raw(1); 2],
    };
    rig.stub.with(|state| {
        state.permitted.insert(MessageId::of(rig.run, 0, 8));
        state.left_open.push(open);
    });
    let stub = rig.stub.clone();
    // The process that stops cannot close it any more; the one that starts can.
    let opened = tokio::spawn(async move {
        while stub.with(|state| state.epoch) < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stub.with(|state| state.lose_closing = false);
    });
    let rig = rig.restart().await;
    opened.await.unwrap();
    // It did not surely stay here: of this one nothing is written down.
    play(&rig, &rig.chunk(0, 0..0), "the other is unknown", |rig| {
        rig.said.count(Outcome::Unknown) == 1
    })
    .await;
    rig.stub.all_closed().await;
    assert_eq!(
        rig.stub
            .with(|state| state.returned[&MessageId::of(rig.run, 0, 7)]),
        1
    );
    chunk.texts[0].phone = Phone::from_digits(12_125_550_007).unwrap();
    play(&rig, &chunk, "it is delivered", |rig| {
        rig.said.count(Outcome::Delivered) == 1
    })
    .await;
    assert_eq!(rig.said.count(Outcome::Unknown), 1);
    rig.stop().await;
}

/// A statement about the run.
async fn write(rig: &Rig, sql: &str) -> anyhow::Result<()> {
    let sql = sql.to_string();
    let (db, run) = (rig.db(), rig.run.uuid());
    let engine = db.engine();
    let written = db.write(move |tx| {
        Box::pin(async move {
            tx.execute_raw(engine.sql(sql, [run.into()])).await?;
            Ok(())
        })
    });
    written.await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_whose_permit_is_on_its_way_back_is_asked_for_again_and_not_lost() {
    let rig = rig(Vec::new()).await;
    let chunk = rig.chunk(0, 0..3);
    let id = MessageId::of(rig.run, 0, 1);
    // Another dispatcher has written its attempt down and not yet returned the permit.
    let now = rig.kit.clock.millis().0;
    let sql = format!(
        "INSERT INTO attempt (run, chunk, position, number, tenant, campaign, contact, decision, at, until, provider, \
         reason, code, dispatcher, returned) VALUES ($1, 0, 1, 1, $1, $1, $1, $1, {now}, {now}, 'p', 'CARRIER_FAULT', '', \
         'another', 0)"
    );
    write(&rig, &sql).await.unwrap();
    rig.stub.with(|state| state.permitted.insert(id));
    rig.send(&chunk).await;
    play(&rig, &chunk, "the others are delivered", |rig| {
        rig.said.count(Outcome::Delivered) == 2
    })
    .await;
    rig.stub.with(|state| state.permitted.remove(&id));
    write(&rig, "UPDATE attempt SET returned = 1 WHERE run = $1")
        .await
        .unwrap();
    play(&rig, &chunk, "it is delivered", |rig| {
        rig.said.count(Outcome::Delivered) == 3
    })
    .await;
    assert_eq!(rig.stop().await.texts_twice, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_of_the_api_comes_back_by_itself() {
    let rig = rig(Vec::new()).await;
    rig.stub.with(|state| state.good_for_ms = 300);
    rig.smsc.change(|options| options.throttle_every = Some(1));
    let body = json!({ "to": { "phone": "+15005551001" }, "class": "otp", "sender": super::rig::SENDER,
                       "text": "Code 1001", "dedup_key": "a" });
    let (status, sent) = rig.kit.post("/v1/messages", body).await;
    assert_eq!(status, 202, "{sent}");
    super::rig::until("it is held", || rig.said.count(Outcome::Held) == 1).await;
    rig.smsc.change(|options| options.throttle_every = None);
    super::rig::until("it is delivered", || {
        rig.said.count(Outcome::Delivered) == 1
    })
    .await;
    let verdict = rig.stop().await;
    assert_eq!((verdict.texts, verdict.texts_twice), (1, 0));
}
