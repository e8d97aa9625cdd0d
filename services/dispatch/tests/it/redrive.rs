//! Texts of the API that failed go out again as new ones, once, and only where that is safe.

use std::time::Duration;

use channels::simulator::{SmscOptions, TwilioApi, TwilioOptions};
use contract::Reason;
use contract::chunk::Outcome;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::rig::{Rig, SENDER, Wish, kind, until};

/// The simulated carrier answers it with a fault of its own, always.
const FAULTY: &str = "+15005550002";

async fn rig(more: Vec<(&'static str, Value)>) -> Rig {
    let settings = vec![
        ("dispatch.sends.answer_within_ms", json!(10_000)),
        ("dispatch.retry.most_attempts", json!(1)),
        ("dispatch.breaker.in_a_row", json!(0)),
    ];
    Rig::start(Wish {
        smsc: kind(),
        settings: settings.into_iter().chain(more).collect(),
        ..Wish::default()
    })
    .await
}

fn text(number: &str) -> Value {
    json!({ "to": { "phone": number }, "class": "otp", "sender": SENDER, "text": "Code 4711" })
}

fn path(answer: &Value) -> String {
    format!("/v1/messages/{}/redrive", answer["id"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_text_goes_out_once_more_however_often_it_is_asked_for() {
    let rig = rig(Vec::new()).await;
    let (_, failed) = rig.kit.post("/v1/messages", text(FAULTY)).await;
    assert_eq!(
        (&failed["state"], &failed["reason"]),
        (&json!("failed"), &json!("CARRIER_FAULT")),
        "{failed}"
    );
    let asks = rig.stub.with(|state| state.asks);
    let stranger = rig.kit.with_key(&rig.kit.other_key);
    assert!(stranger.post(&path(&failed), &json!({})).await.is_err());
    let again = path(&failed);
    let asked = (0..4).map(|_| rig.kit.post(&again, json!({})));
    let both = futures::future::join_all(asked).await;
    let new = both[0].1["id"].clone();
    assert_ne!(new, failed["id"]);
    assert!(
        both.iter().all(|(_, answer)| answer["id"] == new),
        "{both:?}"
    );
    let mut statuses: Vec<u16> = both.iter().map(|(status, _)| *status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 202]);
    let answer = &both[0].1;
    assert_eq!(answer["redrive_of"], failed["id"], "{answer}");
    until("it was permitted anew", || {
        rig.stub.with(|state| state.asks) == asks + 1
    })
    .await;
    // The new one failed the same way: it may be redriven in its turn.
    let (_, list) = rig.kit.get("/v1/messages").await;
    let newest = &list["data"][0];
    assert_eq!(
        (&newest["id"], &newest["state"]),
        (&new, &json!("failed")),
        "{list}"
    );
    let (status, third) = rig.kit.post(&path(newest), json!({})).await;
    assert_eq!((status, &third["redrive_of"]), (202, &new), "{third}");
    assert_eq!(rig.stop().await.texts, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_judges_a_redriven_text_anew() {
    let rig = rig(Vec::new()).await;
    let (_, failed) = rig.kit.post("/v1/messages", text(FAULTY)).await;
    rig.stub.with(|state| {
        state
            .refuse
            .push((0, Outcome::Suppressed, Reason::OPTED_OUT_GLOBAL));
    });
    let (_, answer) = rig.kit.post(&path(&failed), json!({})).await;
    assert_eq!(
        (&answer["state"], &answer["reason"]),
        (&json!("suppressed"), &json!("OPTED_OUT_GLOBAL")),
        "{answer}"
    );
    let (status, again) = rig.kit.post(&path(&answer), json!({})).await;
    assert_eq!(
        (status, &again["code"]),
        (409, &json!("message.not_redrivable")),
        "{again}"
    );
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_did_not_fail_or_should_not_be_sent_is_not_redriven() {
    let rig = rig(Vec::new()).await;
    let (_, sent) = rig.kit.post("/v1/messages", text("+15005551001")).await;
    let (status, answer) = rig.kit.post(&path(&sent), json!({})).await;
    assert_eq!(
        (status, &answer["code"]),
        (409, &json!("message.not_redrivable")),
        "{answer}"
    );
    until("it is delivered", || {
        rig.said.count(Outcome::Delivered) == 1
    })
    .await;
    let (_, invalid) = rig.kit.post("/v1/messages", text("+15005550001")).await;
    assert_eq!(invalid["reason"], "INVALID_NUMBER", "{invalid}");
    let (status, answer) = rig.kit.post(&path(&invalid), json!({})).await;
    assert_eq!(
        (status, &answer["code"]),
        (409, &json!("message.not_redrivable")),
        "{answer}"
    );
    // Number and words of neither are kept.
    let db = rig.db();
    let sql = "SELECT COUNT(*) AS n FROM api_message WHERE work IS NOT NULL";
    let begun = std::time::Instant::now();
    loop {
        let row = db.read().query_one_raw(db.engine().sql(sql, [])).await;
        if row.unwrap().unwrap().try_get::<i64>("", "n").unwrap() == 0 {
            break;
        }
        let patient = begun.elapsed() < Duration::from_secs(20);
        assert!(patient, "number and words are still kept");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(rig.stop().await.texts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undelivered_text_is_redriven_where_the_carrier_says_that_it_did_not_arrive() {
    let carrier = SmscOptions { ..kind() };
    let options = TwilioOptions {
        carrier,
        ..TwilioOptions::default()
    };
    let api = TwilioApi::start(([127, 0, 0, 1], 0).into(), options.clone()).unwrap();
    let account = json!({ "kind": "twilio", "base_url": api.url(), "account_sid": options.account_sid,
        "auth_token": options.auth_token, "timeout_seconds": 1 });
    let rig = rig(vec![("dispatch.providers.tw", account)]).await;
    let live = rig.kit.with_key(&rig.kit.live_key);
    let sent = live
        .post("/v1/messages", &text("+12125550001"))
        .await
        .unwrap();
    assert_eq!(sent["state"], "handed_over", "{sent}");
    let id: contract::MessageId = sent["id"].as_str().unwrap().parse().unwrap();
    until("it is said", || rig.said.count(Outcome::HandedOver) == 1).await;
    let named = {
        let said = rig.said.hand_overs.lock().unwrap();
        said.iter()
            .find(|(of, _)| *of == id)
            .unwrap()
            .1
            .provider_message_id
            .clone()
    };
    let receipt = contract::dispatch::ProviderReceipt {
        provider_message_id: named,
        reference: None,
        outcome: Outcome::Undelivered,
        code: "30003".into(),
        fault: Some("unreachable".into()),
        block: None,
        at: contract::UnixMillis(1),
    };
    let command = contract::dispatch::RecordReceipts {
        provider: "tw".into(),
        receipts: vec![receipt],
    };
    rig.kit
        .bus
        .publish(contract::TenantId::from_raw(0), &command)
        .await
        .unwrap();
    until("it is undelivered", || {
        rig.said.count(Outcome::Undelivered) == 1
    })
    .await;
    let again = live.post(&path(&sent), &json!({})).await.unwrap();
    assert_eq!(
        (&again["redrive_of"], &again["state"]),
        (&sent["id"], &json!("handed_over")),
        "{again}"
    );
    assert_eq!(api.stats().submits, 2);
    rig.stop().await;
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_text_is_never_redriven_until_it_is_sure_that_nobody_took_it() {
    use channels::simulator::Mischief;
    let options = TwilioOptions {
        carrier: kind(),
        ..TwilioOptions::default()
    };
    let api = TwilioApi::start(([127, 0, 0, 1], 0).into(), options.clone()).unwrap();
    let account = json!({ "kind": "twilio", "base_url": api.url(), "account_sid": options.account_sid,
        "auth_token": options.auth_token, "timeout_seconds": 1, "not_taken_after_seconds": 1 });
    let rig = rig(vec![
        ("dispatch.providers.tw", account),
        ("dispatch.look_up.first_after_seconds", json!(2)),
    ])
    .await;
    let live = rig.kit.with_key(&rig.kit.live_key);
    api.misbehave(Mischief::Status(500));
    let sent = live
        .post("/v1/messages", &text("+12125550001"))
        .await
        .unwrap();
    assert_eq!(sent["state"], "unknown", "{sent}");
    assert!(live.post(&path(&sent), &json!({})).await.is_err());
    api.misbehave(Mischief::None);
    let of = format!("/v1/messages/{}/dispatch", sent["id"].as_str().unwrap());
    for _ in 0..1000 {
        if live.get(&of).await.unwrap()["outcome"] == "failed" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let list = live.get("/v1/messages").await.unwrap();
    assert_eq!(
        (&list["data"][0]["state"], &list["data"][0]["reason"]),
        (&json!("failed"), &json!("NOT_TAKEN")),
        "{list}"
    );
    let again = live.post(&path(&sent), &json!({})).await.unwrap();
    assert_eq!(again["state"], "handed_over", "{again}");
    assert_eq!(api.stats().submits, 1, "it left once");
    rig.stop().await;
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_words_are_not_kept_nothing_is_redriven() {
    let rig = rig(vec![("dispatch.sends.redrive_hours", json!(0))]).await;
    let (_, failed) = rig.kit.post("/v1/messages", text(FAULTY)).await;
    let (status, answer) = rig.kit.post(&path(&failed), json!({})).await;
    assert_eq!(
        (status, &answer["code"]),
        (409, &json!("message.gone")),
        "{answer}"
    );
    assert_eq!(rig.stop().await.texts, 0);
}
