//! How long a text is looked for, by whom, and how that is shown.

use channels::simulator::Mischief;
use contract::chunk::Outcome;
use contract::ids::MessageId;
use contract::{Mode, Phone};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{eventually, live, shown, start};
use crate::rig::{Rig, Wish, kind, until};

#[tokio::test(flavor = "multi_thread")]
async fn where_absence_proves_nothing_a_text_stays_unknown_and_is_given_up_in_the_end() {
    let more = vec![("dispatch.look_up.most_tries", json!(2))];
    let (rig, api) = start(0, more).await;
    api.misbehave(Mischief::Status(503));
    rig.send(&live(&rig, 0, 1)).await;
    until("it is unknown", || rig.said.count(Outcome::Unknown) == 1).await;
    api.misbehave(Mischief::None);
    let message = MessageId::of(rig.run, 0, 0);
    let ended = |told: &Value| {
        told["looked_up"]["tries"] == 2 && told["looked_up"]["next_try_at"].is_null()
    };
    let told = eventually(&rig, "it is given up", ended, message).await;
    assert_eq!(told["outcome"], "unknown", "{told}");
    let live_key = rig.kit.with_key(&rig.kit.live_key);
    let report = live_key.get("/v1/unknown").await.unwrap();
    assert_eq!(
        report["groups"],
        json!([{"provider": "tw", "cause": "no_answer", "outcome": "unknown", "age": "under_an_hour",
            "goes_on": false, "texts": 1}]),
        "{report}"
    );
    assert_eq!(
        report["data"][0]["id"],
        json!(message.to_string()),
        "{report}"
    );
    assert_eq!(
        report["data"][0]["last_result"],
        "not there, which proves nothing"
    );
    let stranger = rig.kit.with_key(&rig.kit.other_key);
    let theirs = stranger.get("/v1/unknown").await.unwrap();
    assert_eq!(theirs["data"], json!([]), "{theirs}");
    rig.stop().await;
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_go_on_where_they_ended_after_a_restart_and_the_list_has_pages() {
    let (rig, api) = start(900, Vec::new()).await;
    api.misbehave(Mischief::Close);
    rig.send(&live(&rig, 0, 5)).await;
    until("all are unknown", || rig.said.count(Outcome::Unknown) == 5).await;
    // Nobody answers look-ups either.
    api.misbehave(Mischief::Status(500));
    let message = MessageId::of(rig.run, 0, 4);
    eventually(
        &rig,
        "it was tried",
        |told| told["looked_up"]["tries"].as_u64() >= Some(2),
        message,
    )
    .await;
    let rig = rig.restart().await;
    let told = shown(&rig, message).await;
    assert!(told["looked_up"]["tries"].as_u64() >= Some(2), "{told}");
    let live_key = rig.kit.with_key(&rig.kit.live_key);
    let page = live_key.get("/v1/unknown?limit=3").await.unwrap();
    assert_eq!(
        (page["data"].as_array().unwrap().len(), &page["has_more"]),
        (3, &json!(true)),
        "{page}"
    );
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = live_key
        .get(&format!("/v1/unknown?limit=3&cursor={cursor}"))
        .await
        .unwrap();
    assert_eq!(rest["data"].as_array().unwrap().len(), 2, "{rest}");
    api.misbehave(Mischief::None);
    until("all are found", || {
        rig.said.count(Outcome::HandedOver) + rig.said.count(Outcome::Delivered) == 5
    })
    .await;
    assert_eq!(api.stats().submits, 5);
    rig.stop().await;
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_that_comes_again_after_the_death_of_its_process_tells_whom_to_look_for() {
    let (rig, api) = start(900, Vec::new()).await;
    // The predecessor handed it over and died before it could say so.
    let chunk = live(&rig, 0, 1);
    rig.send(&chunk).await;
    until("it is handed over", || {
        rig.said.count(Outcome::HandedOver) == 1
    })
    .await;
    let slot = contract::chunk::SlotRef {
        run: rig.run,
        chunk: 0,
        slot: 0,
    };
    let message = MessageId::of(rig.run, 0, 0);
    let db = rig.db();
    let engine = db.engine();
    db.write(move |tx| {
        Box::pin(async move {
            tx.execute_raw(engine.sql("DELETE FROM ledger", [])).await?;
            Ok(())
        })
    })
    .await
    .unwrap();
    rig.stub.with(|state| {
        state.open.insert(slot, 1);
        state.left_open.push(contract::consent::OpenSlot {
            tenant: rig.kit.tenant,
            slot,
            campaign: chunk.head.campaign,
            positions: vec![0],
            contacts: vec![chunk.texts[0].contact],
            decisions: vec![chunk.texts[0].decision],
        });
    });
    let rig = rig.restart().await;
    let unknown = |told: &Value| told["looked_up"]["cause"] == "process_died";
    eventually(&rig, "it is unknown", unknown, message).await;
    rig.send(&chunk).await;
    until("it is found and delivered", || {
        rig.said.count(Outcome::Delivered) == 1
    })
    .await;
    assert_eq!(api.stats().submits, 1, "it was not sent again");
    rig.stop().await;
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_in_doubt_is_looked_up_by_its_own_dispatcher_and_by_nobody_else_meanwhile() {
    use dispatch::db::look_up;
    use dispatch::doubt::{Cause, Doubt, Trace};

    let rig = Rig::start(Wish {
        smsc: kind(),
        ..Wish::default()
    })
    .await;
    let (db, message) = (rig.db(), MessageId::of(rig.run, 0, 7));
    let engine = db.engine();
    let doubt = Doubt {
        message,
        tenant: rig.kit.tenant,
        campaign: contract::CampaignId::from_raw(5),
        contact: contract::ContactId::from_raw(1),
        trace: Trace {
            position: 7,
            cause: Cause::NoAnswer,
            provider: "nobody".into(),
            mode: Mode::Live,
            to: Phone::from_digits(12_125_550_001),
            sender: "+15005550006".into(),
            fingerprint: Some([7; 32]),
        },
        provider_message_id: String::new(),
        outcome: Outcome::Unknown,
        at: rig.kit.clock.millis(),
        due: Some(contract::UnixMillis(10)),
    };
    let insert = db.write(move |tx| {
        Box::pin(async move {
            look_up::insert(engine, tx, "a", std::slice::from_ref(&doubt)).await?;
            // A repetition changes nothing.
            look_up::insert(engine, tx, "b", &[doubt]).await
        })
    });
    insert.await.unwrap();
    let take = async |name: &'static str, now: i64| {
        let write = db.write(move |tx| {
            Box::pin(async move {
                look_up::take(engine, tx, (name, "nobody"), (now, now + 100), 5).await
            })
        });
        write.await.unwrap()
    };
    assert!(take("b", 20).await.is_empty(), "it is another's");
    assert!(take("a", 9).await.is_empty(), "it is not due");
    let (one, two) = tokio::join!(take("a", 20), take("a", 20));
    let taken: Vec<_> = one.into_iter().chain(two).collect();
    assert_eq!(
        (taken.len(), taken[0].tries, taken[0].message),
        (1, 1, message)
    );
    assert_eq!(taken[0].fingerprint, Some([7; 32]));
    assert!(take("a", 119).await.is_empty(), "it is leased");
    assert_eq!(
        take("a", 120).await[0].tries,
        2,
        "its process died: the try counts"
    );
    rig.stop().await;
}
