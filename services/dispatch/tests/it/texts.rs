//! Texts that flows send: offered by campaigns many at a time.

use std::collections::BTreeMap;

use contract::chunk::Outcome;
use contract::ids::{ContactId, MessageId, RunId, TemplateId};
use contract::texts::{AcceptTexts, FlowText, Origin, OriginKind, RecheckTexts};
use contract::{Class, Mode, Phone, Reason, UnixMillis};
use serde_json::json;

use super::rig::{Rig, SENDER, Wish, kind, until};

async fn rig() -> Rig {
    let rig = Rig::start(Wish {
        smsc: kind(),
        ..Wish::default()
    })
    .await;
    rig.stub.with(|state| {
        for n in 0..1000 {
            let phone = Phone::from_digits(12_125_550_000 + n).unwrap();
            state.contacts.insert(phone, contact(n));
        }
    });
    rig
}

fn contact(n: u64) -> ContactId {
    ContactId::from_raw(1 << 90 | u128::from(n))
}

/// Texts to people `from..to`, ready to be offered.
fn texts(rig: &Rig, from: u64, to: u64) -> Vec<FlowText> {
    let now = rig.kit.clock.now();
    let runs = RunId::begin_many(now, usize::try_from(to - from).unwrap());
    let one = |(n, run): (u64, RunId)| FlowText {
        message: MessageId::of(run, 0, 0),
        origin: Origin {
            kind: OriginKind::Journey,
            id: format!("jrn_{n}"),
        },
        contact: contact(n),
        class: Class::Appointment,
        programme: "default".into(),
        sender: SENDER.into(),
        template: TemplateId::from_raw(9),
        template_version: None,
        vars: BTreeMap::from([("body".to_string(), format!("Hello {n}"))]),
        mode: Mode::Test,
        not_before: None,
        valid_until: UnixMillis(UnixMillis::from(now).0 + 3_600_000),
    };
    (from..to).zip(runs).map(one).collect()
}

async fn offer(rig: &Rig, texts: Vec<FlowText>) {
    let (bus, tenant) = (&rig.kit.bus, rig.kit.tenant);
    bus.publish(tenant, &AcceptTexts { texts }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_texts_offered_twice_and_then_again_leave_once_each() {
    let rig = rig().await;
    let all = texts(&rig, 0, 1000);
    for half in all.chunks(500) {
        offer(&rig, half.to_vec()).await;
        offer(&rig, half.to_vec()).await;
    }
    until("all are delivered", || {
        rig.said.count(Outcome::Delivered) == 1000
    })
    .await;
    offer(&rig, all[..500].to_vec()).await;
    until("each offer is answered", || {
        rig.said.accepted.lock().unwrap().len() == 2500
    })
    .await;
    let (_, list) = rig.kit.get("/v1/messages?limit=1").await;
    assert_eq!(list["data"][0]["origin"]["kind"], "journey", "{list}");
    let verdict = rig.stop().await;
    assert_eq!((verdict.texts, verdict.recipients), (1000, 1000));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sent_has_its_reason_and_stops_no_other() {
    let rig = rig().await;
    let mut offered = texts(&rig, 0, 5);
    offered[0].contact = ContactId::from_raw(5);
    offered[1].vars.clear();
    offered[2].class = Class::Marketing;
    offered[3].valid_until = UnixMillis(rig.kit.clock.millis().0 - 1);
    let ids: Vec<MessageId> = offered.iter().map(|text| text.message).collect();
    offer(&rig, offered).await;
    until("the last is delivered", || {
        rig.said.count(Outcome::Delivered) == 1
    })
    .await;
    let told = |id: MessageId| {
        let hand_overs = rig.said.hand_overs.lock().unwrap();
        let of_text = hand_overs.iter().find(|(message, _)| *message == id);
        of_text.map(|(_, item)| (item.outcome, item.reason.clone()))
    };
    let wanted = [
        (Outcome::Suppressed, Reason::CONTACT_GONE),
        (Outcome::Failed, Reason::MERGE_FIELD_MISSING),
        (Outcome::Suppressed, Reason::OPT_OUT_TEXT_MISSING),
        (Outcome::Expired, Reason::MESSAGE_EXPIRED),
        (Outcome::HandedOver, Reason::OK),
    ];
    for (id, wanted) in ids.into_iter().zip(wanted) {
        assert_eq!(told(id), Some(wanted));
    }
    assert_eq!(rig.stop().await.texts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_waits_for_its_instant_and_one_that_is_withdrawn_meanwhile_never_leaves() {
    let rig = rig().await;
    let mut offered = texts(&rig, 0, 2);
    let now = rig.kit.clock.millis();
    offered[0].not_before = Some(UnixMillis(now.0 + 5_000));
    offered[1].not_before = Some(UnixMillis(now.0 + 3_000_000));
    let (soon, late) = (offered[0].message, offered[1].message);
    offer(&rig, offered).await;
    until("both are held", || rig.said.count(Outcome::Held) == 2).await;
    until("the first is delivered", || {
        rig.said.states().get(&soon) == Some(&Outcome::Delivered)
    })
    .await;
    let shut = (0, Outcome::Cancelled, Reason::SUPERSEDED);
    rig.stub.with(|state| state.refuse.push(shut));
    let messages = vec![late, MessageId::from_raw(7 << 40)];
    let (bus, tenant) = (&rig.kit.bus, rig.kit.tenant);
    bus.publish(tenant, &RecheckTexts { messages })
        .await
        .unwrap();
    until("the other is cancelled", || {
        rig.said.states().get(&late) == Some(&Outcome::Cancelled)
    })
    .await;
    let (_, list) = rig.kit.get("/v1/messages").await;
    let data = list["data"].as_array().unwrap();
    let one = data.iter().find(|one| one["id"] == json!(late.to_string()));
    assert_eq!(one.unwrap()["reason"], "SUPERSEDED", "{list}");
    assert_eq!(rig.stop().await.texts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn accepted_texts_survive_their_process_and_leave_once() {
    let rig = rig().await;
    rig.stub.with(|state| state.refuse_questions = true);
    offer(&rig, texts(&rig, 0, 100)).await;
    until("all are accepted", || {
        rig.said.accepted.lock().unwrap().len() == 100
    })
    .await;
    let rig = rig.restart().await;
    rig.stub.with(|state| state.refuse_questions = false);
    until("all are delivered", || {
        rig.said.count(Outcome::Delivered) == 100
    })
    .await;
    let verdict = rig.stop().await;
    assert_eq!((verdict.texts, verdict.recipients), (100, 100));
}
