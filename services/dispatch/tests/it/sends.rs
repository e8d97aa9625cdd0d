//! Texts that the API sends one by one.

use std::time::Duration;

use contract::chunk::Outcome;
use contract::dispatch::FindSenderPool;
use contract::ids::{ContactId, MessageId};
use contract::{Phone, Reason, UnixMillis};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::rig::{Rig, SENDER, Wish, kind, until};

/// Patient, because machines that run tests are busy.
async fn rig() -> Rig {
    answering_within(10_000).await
}

async fn answering_within(ms: u64) -> Rig {
    Rig::start(Wish {
        smsc: kind(),
        settings: vec![("dispatch.sends.answer_within_ms", json!(ms))],
        ..Wish::default()
    })
    .await
}

fn text(number: u32, key: &str) -> Value {
    json!({ "to": { "phone": format!("+1500555{number:04}") }, "class": "otp", "sender": SENDER,
            "text": format!("Code {number}"), "dedup_key": key })
}

fn id(answer: &Value) -> MessageId {
    answer["id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_handed_over_at_once_and_its_key_names_it_for_good() {
    let rig = rig().await;
    let body = text(1001, "order-7");
    let (status, first) = rig.kit.post("/v1/messages", &body).await;
    assert_eq!(
        (status, &first["state"]),
        (202, &json!("handed_over")),
        "{first}"
    );
    assert!(first["decision"].is_string(), "{first}");
    let (status, again) = rig.kit.post("/v1/messages", &body).await;
    assert_eq!((status, &again["id"]), (200, &first["id"]));
    let (status, other) = rig.kit.post("/v1/messages", text(1002, "order-7")).await;
    assert_eq!(
        (status, &other["code"]),
        (409, &json!("message.dedup_conflict")),
        "{other}"
    );
    // The same key of somebody else is another key.
    let stranger = rig.kit.with_key(&rig.kit.other_key);
    let theirs = stranger.post("/v1/messages", &body).await.unwrap();
    assert_ne!(theirs["id"], first["id"]);
    until("both are delivered", || {
        rig.said.count(Outcome::Delivered) == 2
    })
    .await;
    let (_, list) = rig.kit.get("/v1/messages").await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1, "{list}");
    let path = format!("/v1/messages/{}/dispatch", id(&first));
    assert!(stranger.get(&path).await.is_err());
    let verdict = rig.stop().await;
    assert_eq!((verdict.texts, verdict.recipients), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_consent_refuses_is_a_recorded_outcome_and_an_error_only_where_asked_for() {
    let rig = rig().await;
    rig.stub.with(|state| {
        state
            .refuse
            .push((0, Outcome::Suppressed, Reason::NO_CONSENT));
    });
    let (status, answer) = rig.kit.post("/v1/messages", text(1001, "a")).await;
    assert_eq!(
        (status, &answer["state"], &answer["reason"]),
        (201, &json!("suppressed"), &json!("NO_CONSENT")),
        "{answer}"
    );
    let (status, problem) = rig
        .kit
        .post("/v1/messages?strict=true", text(1002, "b"))
        .await;
    assert_eq!(
        (status, &problem["code"]),
        (403, &json!("message.suppressed")),
        "{problem}"
    );
    assert_eq!(rig.stop().await.texts, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_text_comes_back_by_itself_when_its_time_has_come() {
    let rig = rig().await;
    let soon = UnixMillis(rig.kit.clock.millis().0 + 1500);
    rig.stub.with(|state| {
        state.refuse.push((0, Outcome::Held, Reason::QUIET_HOURS));
        state.held_until = Some(soon);
    });
    let (status, answer) = rig.kit.post("/v1/messages", text(1001, "a")).await;
    assert_eq!(
        (status, &answer["state"]),
        (202, &json!("held")),
        "{answer}"
    );
    assert!(answer["held_until"].is_string(), "{answer}");
    rig.stub.with(|state| state.refuse.clear());
    until("it is delivered", || {
        rig.said.count(Outcome::Delivered) == 1
    })
    .await;
    assert_eq!(rig.stop().await.texts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_text_can_be_cancelled_and_a_sent_one_cannot() {
    let rig = rig().await;
    let (_, sent) = rig.kit.post("/v1/messages", text(1001, "sent")).await;
    let path = format!("/v1/messages/{}/cancel", id(&sent));
    let (status, problem) = rig.kit.post(&path, json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("message.too_late_to_cancel"))
    );
    rig.stub
        .with(|state| state.refuse.push((0, Outcome::Held, Reason::QUIET_HOURS)));
    let (_, held) = rig.kit.post("/v1/messages", text(1002, "held")).await;
    let path = format!("/v1/messages/{}/cancel", id(&held));
    let stranger = rig.kit.with_key(&rig.kit.other_key);
    assert!(stranger.post(&path, &json!({})).await.is_err());
    let (status, cancelled) = rig.kit.post(&path, json!({})).await;
    assert_eq!(
        (status, &cancelled["state"]),
        (200, &json!("cancelled")),
        "{cancelled}"
    );
    assert!(rig.stub.with(|state| state.shut.contains(&id(&held).run())));
    assert_eq!(rig.kit.post(&path, json!({})).await.0, 200);
    assert_eq!(rig.stop().await.texts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_text_survives_its_process_and_leaves_once() {
    let rig = answering_within(250).await;
    // Nobody answers for permits: the process ends with the text accepted and nothing decided.
    rig.stub.with(|state| state.refuse_questions = true);
    let (status, accepted) = rig.kit.post("/v1/messages", text(1001, "a")).await;
    assert_eq!(
        (status, &accepted["state"]),
        (202, &json!("accepted")),
        "{accepted}"
    );
    rig.stub.with(|state| state.refuse_questions = false);
    let rig = rig.restart().await;
    until("it is delivered", || {
        rig.said.count(Outcome::Delivered) == 1
    })
    .await;
    let (status, again) = rig.kit.post("/v1/messages", text(1001, "a")).await;
    assert_eq!((status, &again["id"]), (200, &accepted["id"]));
    let verdict = rig.stop().await;
    assert_eq!((verdict.texts, verdict.texts_twice), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_accepted_item_by_item() {
    let rig = rig().await;
    let mut messages: Vec<Value> = (0..100).map(|n| text(1000 + n, &format!("k{n}"))).collect();
    messages.push(text(1000, "k0"));
    messages.push(json!({ "to": {}, "class": "otp", "sender": SENDER, "text": "x" }));
    let (status, answer) = rig
        .kit
        .post("/v1/messages/batch", json!({ "messages": messages }))
        .await;
    assert_eq!(status, 202, "{answer}");
    let data = answer["data"].as_array().unwrap();
    assert_eq!(data.len(), 102);
    assert_eq!(data[100]["message"]["id"], data[0]["message"]["id"]);
    assert_eq!(data[101]["problem"]["code"], "message.invalid");
    until("all are delivered", || {
        rig.said.count(Outcome::Delivered) == 100
    })
    .await;
    let many: Vec<Value> = (0..501).map(|n| text(n, &format!("m{n}"))).collect();
    let (status, _) = rig
        .kit
        .post("/v1/messages/batch", json!({ "messages": many }))
        .await;
    assert_eq!(status, 413);
    // A page is a page.
    let (_, page) = rig.kit.get("/v1/messages?limit=60").await;
    let cursor = page["next_cursor"].as_str().unwrap();
    let (_, rest) = rig
        .kit
        .get(&format!("/v1/messages?limit=60&cursor={cursor}"))
        .await;
    assert_eq!(rest["data"].as_array().unwrap().len(), 40);
    let verdict = rig.stop().await;
    assert_eq!((verdict.texts, verdict.texts_twice), (100, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_is_texted_at_its_number_and_bad_requests_change_nothing() {
    let rig = rig().await;
    let contact = ContactId::from_raw(77);
    let phone = Phone::from_digits(15_005_551_077).unwrap();
    rig.stub.with(|state| state.contacts.insert(phone, contact));
    let mut body = text(1077, "a");
    body["to"] = json!({ "contact": contact.to_string() });
    let (status, sent) = rig.kit.post("/v1/messages", &body).await;
    assert_eq!(
        (status, &sent["contact"]),
        (202, &json!(contact.to_string())),
        "{sent}"
    );
    for (change, status, code) in [
        (
            json!({ "to": { "contact": ContactId::from_raw(78).to_string() } }),
            422,
            "contact.unknown",
        ),
        (
            json!({ "class": "marketing" }),
            422,
            "message.opt_out_missing",
        ),
        (json!({ "sender": "" }), 422, "message.invalid"),
        (json!({ "txt": "x" }), 400, "field.unknown"),
        (
            json!({ "text": null, "template": "tpl_01ARZ3NDEKTSV4RRFFQ69G5FAV" }),
            422,
            "template.unknown",
        ),
    ] {
        let mut body = text(1001, "bad");
        for (key, value) in change.as_object().unwrap() {
            body[key] = value.clone();
        }
        let (seen, problem) = rig.kit.post("/v1/messages", &body).await;
        assert_eq!(
            (seen, &problem["code"]),
            (status, &json!(code)),
            "{problem}"
        );
    }
    until("the one is delivered", || {
        rig.said.count(Outcome::Delivered) == 1
    })
    .await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(rig.stop().await.texts, 1);
}

/// The table out of reach stands for a database that is.
async fn rename(rig: &Rig, from: &'static str, to: &'static str) {
    let db = rig.db();
    let engine = db.engine();
    db.write(move |tx| {
        Box::pin(async move {
            let sql = format!("ALTER TABLE {from} RENAME TO {to}");
            tx.execute_raw(engine.sql(sql, [])).await?;
            Ok(())
        })
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_cannot_be_stored_is_not_promised_and_does_not_leave() {
    let rig = rig().await;
    rename(&rig, "api_message", "api_message_away").await;
    for key in ["a", "b"] {
        let (status, problem) = rig.kit.post("/v1/messages", text(1001, key)).await;
        assert_eq!(
            (status, &problem["code"]),
            (503, &json!("message.not_accepted")),
            "{problem}"
        );
    }
    let mut keyless = text(1002, "");
    keyless["dedup_key"] = Value::Null;
    assert_eq!(rig.kit.post("/v1/messages", &keyless).await.0, 503);
    assert_eq!(rig.stub.with(|state| state.asks), 0);
    rename(&rig, "api_message_away", "api_message").await;
    let (status, sent) = rig.kit.post("/v1/messages", text(1001, "a")).await;
    assert_eq!(
        (status, &sent["state"]),
        (202, &json!("handed_over")),
        "{sent}"
    );
    until("it is delivered", || {
        rig.said.count(Outcome::Delivered) == 1
    })
    .await;
    assert_eq!(rig.stop().await.texts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_from_a_pool_that_does_not_exist_is_refused_when_it_is_asked_for() {
    let rig = rig().await;
    let text = json!({"to": {"phone": "+12125550100"}, "class": "otp", "sender": "pool:us", "text": "Code 4711"});
    let (status, told) = rig.kit.post("/v1/messages", text.clone()).await;
    assert_eq!(
        (
            status,
            &told["errors"][0]["code"],
            &told["errors"][0]["pointer"]
        ),
        (422, &json!("sender_pool.unknown"), &json!("/sender")),
        "{told}"
    );
    let question = |name: &str| FindSenderPool {
        name: name.to_string(),
        mode: contract::Mode::Test,
    };
    let asked = rig.kit.bus.ask(rig.kit.tenant, &question("us")).await;
    assert_eq!(asked.unwrap(), None);
    let pool = json!({"name": "us", "senders": ["+12125550100"]});
    let (status, made) = rig.kit.post("/v1/sender-pools", pool).await;
    assert_eq!(status, 201, "{made}");
    let asked = rig.kit.bus.ask(rig.kit.tenant, &question("us")).await;
    assert_eq!(json!(asked.unwrap()), made["id"]);
    assert_eq!(rig.kit.post("/v1/messages", text).await.0, 202);
    rig.stop().await;
}
