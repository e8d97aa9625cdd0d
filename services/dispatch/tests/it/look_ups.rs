//! Texts of which nobody can say whether they left are looked up at a real HTTP server that stands for Twilio.

use std::time::Duration;

use channels::simulator::{Delay, Mischief, SmscOptions, TwilioApi, TwilioOptions};
use contract::chunk::Outcome;
use contract::dispatch::SendChunk;
use contract::ids::MessageId;
use contract::{Mode, Phone};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::rig::{Rig, Wish, kind, until};

/// `more`: further settings; `not_taken_after`: of the account, in seconds.
async fn start(not_taken_after: u32, more: Vec<(&'static str, Value)>) -> (Rig, TwilioApi) {
    let options = TwilioOptions {
        carrier: SmscOptions {
            // Long enough to be looked up before, also on a busy machine.
            receipt_delay_ms: Delay {
                min: 5000,
                max: 5000,
            },
            ..kind()
        },
        ..TwilioOptions::default()
    };
    let api = TwilioApi::start(([127, 0, 0, 1], 0).into(), options.clone()).unwrap();
    let account = json!({
        "kind": "twilio", "base_url": api.url(), "account_sid": options.account_sid,
        "auth_token": options.auth_token, "timeout_seconds": 1, "not_taken_after_seconds": not_taken_after,
    });
    let mut settings = vec![
        ("dispatch.providers.tw", account),
        ("dispatch.look_up.first_after_seconds", json!(1)),
        ("dispatch.breaker.in_a_row", json!(0)),
    ];
    settings.extend(more);
    let rig = Rig::start(Wish {
        smsc: kind(),
        settings,
        ..Wish::default()
    })
    .await;
    in_time(&rig, &api);
    (rig, api)
}

/// The carrier's clock goes with the tests'.
fn in_time(rig: &Rig, api: &TwilioApi) {
    let here = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let here = i64::try_from(here.unwrap().as_millis()).unwrap();
    api.set_clock_ahead(rig.kit.clock.millis().0 - here);
}

fn live(rig: &Rig, chunk: u32, count: u16) -> SendChunk {
    let mut chunk = rig.chunk(chunk, 0..count);
    chunk.head.mode = Mode::Live;
    chunk
}

async fn rows(rig: &Rig, sql: &str) -> i64 {
    let db = rig.db();
    let row = db.read().query_one_raw(db.engine().sql(sql, [])).await;
    row.unwrap().unwrap().try_get("", "n").unwrap()
}

async fn shown(rig: &Rig, message: MessageId) -> Value {
    let path = format!("/v1/messages/{message}/dispatch");
    rig.kit.get(&path).await.1
}

async fn eventually(
    rig: &Rig,
    what: &str,
    reached: impl Fn(&Value) -> bool,
    message: MessageId,
) -> Value {
    let begun = std::time::Instant::now();
    loop {
        let last = shown(rig, message).await;
        if reached(&last) {
            return last;
        }
        let patient = begun.elapsed() < Duration::from_secs(30);
        assert!(patient, "waited in vain until {what}: {last}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_text_whose_answer_got_lost_is_found_and_its_state_followed_to_the_end() {
    let (rig, api) = start(900, Vec::new()).await;
    api.misbehave(Mischief::Close);
    rig.send(&live(&rig, 0, 3)).await;
    until("all are unknown", || rig.said.count(Outcome::Unknown) == 3).await;
    assert_eq!(
        rows(
            &rig,
            "SELECT COUNT(*) AS n FROM look_up WHERE phone IS NOT NULL"
        )
        .await,
        3
    );
    api.misbehave(Mischief::None);
    until("all are found and delivered", || {
        rig.said.count(Outcome::Delivered) == 3
    })
    .await;
    let told = shown(&rig, MessageId::of(rig.run, 0, 1)).await;
    assert_eq!(
        (&told["outcome"], &told["looked_up"]["cause"]),
        (&json!("delivered"), &json!("no_answer")),
        "{told}"
    );
    assert!(
        told["provider_message_id"]
            .as_str()
            .unwrap()
            .starts_with("SM"),
        "{told}"
    );
    let said = rig.said.receipts.lock().unwrap().clone();
    let handed = said
        .iter()
        .filter(|(_, outcome)| *outcome == Outcome::HandedOver);
    assert_eq!(
        handed.count(),
        3,
        "found before they were delivered: {said:?}"
    );
    assert_eq!(api.stats().submits, 3, "nothing was sent again");
    // Whom they were for is forgotten once it is known.
    let kept = "SELECT COUNT(*) AS n FROM look_up WHERE phone IS NOT NULL OR fingerprint IS NOT NULL OR open = 1";
    assert_eq!(rows(&rig, kept).await, 0);
    rig.stop().await;
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_the_complete_list_does_not_have_has_failed_and_is_not_sent_again() {
    let (rig, api) = start(2, Vec::new()).await;
    api.misbehave(Mischief::Status(500));
    rig.send(&live(&rig, 0, 2)).await;
    until("both are unknown", || rig.said.count(Outcome::Unknown) == 2).await;
    api.misbehave(Mischief::None);
    let message = MessageId::of(rig.run, 0, 1);
    let told = eventually(
        &rig,
        "it has failed, and that is written down",
        |told| told["looked_up"]["last_result"] == "the provider never took it",
        message,
    )
    .await;
    assert_eq!(
        (&told["outcome"], &told["reason"]),
        (&json!("failed"), &json!("NOT_TAKEN")),
        "{told}"
    );
    let said = || rig.said.receipts.lock().unwrap().clone();
    until("it is said", || {
        said()
            .iter()
            .filter(|(_, outcome)| *outcome == Outcome::Failed)
            .count()
            == 2
    })
    .await;
    rig.send(&live(&rig, 0, 2)).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(api.stats().submits, 0, "nobody sent it again");
    rig.stop().await;
    api.stop().await;
}

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
async fn a_text_handed_over_long_ago_without_a_receipt_is_asked_for_by_its_name() {
    let (rig, api) = start(900, Vec::new()).await;
    rig.send(&live(&rig, 0, 2)).await;
    until("both are handed over", || {
        rig.said.count(Outcome::HandedOver) == 2
    })
    .await;
    // Their callbacks never came, and a day went by.
    let db = rig.db();
    let engine = db.engine();
    db.write(move |tx| {
        Box::pin(async move {
            let sql = "UPDATE ledger SET at = at - 90000000";
            tx.execute_raw(engine.sql(sql, [])).await?;
            Ok(())
        })
    })
    .await
    .unwrap();
    let rig = rig.restart().await;
    until("both are delivered", || {
        rig.said.count(Outcome::Delivered) == 2
    })
    .await;
    let told = shown(&rig, MessageId::of(rig.run, 0, 1)).await;
    assert_eq!(told["looked_up"]["cause"], "no_receipt", "{told}");
    assert_eq!(api.stats().submits, 2);
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
async fn a_text_that_is_found_is_not_taken_for_another_one_with_the_same_words() {
    let (rig, api) = start(1, Vec::new()).await;
    let person = Phone::from_digits(12_125_559_999).unwrap();
    let same = |chunk: u32| {
        let mut chunk = live(&rig, chunk, 1);
        chunk.texts[0].phone = person;
        chunk.texts[0].body = "Your table is ready".to_string();
        chunk
    };
    api.misbehave(Mischief::Status(500));
    rig.send(&same(0)).await;
    until("the first is unknown", || {
        rig.said.count(Outcome::Unknown) == 1
    })
    .await;
    api.misbehave(Mischief::None);
    rig.send(&same(1)).await;
    until("the second is handed over", || {
        rig.said.count(Outcome::HandedOver) == 1
    })
    .await;
    let message = MessageId::of(rig.run, 0, 0);
    let tried = |told: &Value| told["looked_up"]["tries"].as_u64() >= Some(2);
    let told = eventually(&rig, "it was looked for twice", tried, message).await;
    assert_eq!(
        (&told["outcome"], &told["looked_up"]["last_result"]),
        (
            &json!("unknown"),
            &json!("the text that was found is another one")
        ),
        "{told}"
    );
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
