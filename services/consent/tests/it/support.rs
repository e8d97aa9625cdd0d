//! What the stories below have in common: people, questions, and ears on the bus.

use std::collections::HashSet;
use std::time::Duration;

use contract::chunk::SlotRef;
use contract::consent::{
    ClosePermits, GrantPermits, PermitAnswer, PermitAsk, RecordReply, RegisterDispatcher, Reply,
    ReplyRecorded,
};
use contract::envelope::headers;
use contract::{
    CampaignId, Class, ContactId, InboundId, Mode, Payload, Phone, RunId, TemplateId, UnixMillis,
    payload,
};
use futures::{Stream, StreamExt};
use serde_json::{Value, json};

use crate::Kit;

pub const DISPATCHER: &str = "dispatch-1";
pub const SENDER: &str = "+15005550100";

pub fn phone(n: u64) -> Phone {
    Phone::from_digits(15_005_551_000 + n).unwrap()
}

pub fn contact(n: u64) -> ContactId {
    ContactId::from_raw(0xC000 + u128::from(n))
}

pub fn run(n: u128) -> RunId {
    RunId::from_raw((0x019e_b000 << 96) | (n << 40))
}

pub fn opt_in(n: u64) -> Value {
    json!({"phone": phone(n).to_string(), "contact": contact(n).to_string(), "action": "opt_in", "method": "web_form",
           "evidence": {"disclosure_text": "I agree to texts from Example Ltd.", "ip": "203.0.113.9"}})
}

/// Opts these people in.
pub async fn opt_in_all(kit: &Kit, people: impl Iterator<Item = u64>) {
    let items: Vec<Value> = people.map(opt_in).collect();
    let count = items.len();
    let (status, body) = kit
        .post("/v1/consents/batch", json!({ "items": items }))
        .await;
    assert_eq!(
        (status, body["recorded"].as_u64()),
        (200, u64::try_from(count).ok()),
        "{body}"
    );
}

pub async fn register(kit: &Kit) -> u64 {
    let question = RegisterDispatcher {
        dispatcher: DISPATCHER.to_string(),
    };
    kit.bus.ask(kit.tenant, &question).await.unwrap().epoch
}

/// A question for the people `n..`, one position each from the slot's first.
pub fn ask(kit: &Kit, slot: SlotRef, epoch: u64, people: &[u64]) -> GrantPermits {
    let first = u16::from(slot.slot) * 64;
    GrantPermits {
        slot,
        campaign: CampaignId::from_raw(1),
        class: Class::Marketing,
        programme: "default".to_string(),
        sender: SENDER.to_string(),
        template: TemplateId::from_raw(0),
        mode: Mode::Test,
        valid_until: UnixMillis(kit.clock.millis().0 + 3_600_000),
        zones: Vec::new(),
        dispatcher: DISPATCHER.to_string(),
        epoch,
        asks: (first..)
            .zip(people)
            .map(|(position, n)| PermitAsk {
                position,
                contact: contact(*n),
                phone: phone(*n),
                zone: None,
            })
            .collect(),
    }
}

/// An answer in short: positions granted, permitted before, and refused with their reasons.
#[derive(Debug, PartialEq)]
pub struct Told {
    pub granted: Vec<u16>,
    pub before: Vec<u16>,
    pub refused: Vec<(String, Vec<u16>)>,
}

pub async fn grant(kit: &Kit, question: &GrantPermits) -> Told {
    match kit.bus.ask(kit.tenant, question).await.unwrap() {
        PermitAnswer::Fenced => panic!("fenced"),
        PermitAnswer::Answered {
            granted,
            permitted_before,
            refused,
            ..
        } => Told {
            granted: granted
                .iter()
                .map(|permit| permit.message().position())
                .collect(),
            before: permitted_before,
            refused: refused
                .into_iter()
                .map(|group| (group.reason.to_string(), group.positions))
                .collect(),
        },
    }
}

pub async fn close(kit: &Kit, epoch: u64, slots: &[SlotRef]) {
    let question = ClosePermits {
        dispatcher: DISPATCHER.to_string(),
        epoch,
        slots: slots.to_vec(),
        returned: Vec::new(),
    };
    kit.bus.ask(kit.tenant, &question).await.unwrap();
}

pub fn reply(kit: &Kit, n: u64, inbound: u128, text: &str) -> Reply {
    Reply {
        inbound: InboundId::from_raw((0x019e_b001 << 96) | (inbound << 40)),
        contact: Some(contact(n)),
        from: phone(n),
        to: SENDER.to_string(),
        text: text.to_string(),
        received_at: kit.clock.millis(),
        mode: Mode::Test,
    }
}

pub async fn text_back(kit: &Kit, n: u64, inbound: u128, text: &str) -> ReplyRecorded {
    kit.bus
        .ask(
            kit.tenant,
            &RecordReply {
                reply: reply(kit, n, inbound, text),
            },
        )
        .await
        .unwrap()
}

/// Hears every payload of a kind from now on; what is said twice under one id once, as the stream keeps it.
pub async fn listen<P: Payload>(kit: &Kit) -> impl Stream<Item = P> + Unpin + use<P> {
    let subject = payload::subject_filter::<P>();
    let heard = kit.bus.client().subscribe(subject).await.unwrap();
    kit.bus.client().flush().await.unwrap();
    let mut known = HashSet::new();
    Box::pin(heard.filter_map(move |message| {
        let id = message
            .headers
            .as_ref()
            .and_then(|map| map.get(headers::ID));
        let new = known.insert(id.map(ToString::to_string));
        let read = || payload::decode::<P>(P::FORMAT, &message.payload).unwrap();
        std::future::ready(new.then(read))
    }))
}

pub async fn next<P>(ear: &mut (impl Stream<Item = P> + Unpin)) -> P {
    tokio::time::timeout(Duration::from_secs(10), ear.next())
        .await
        .expect("nothing was said")
        .unwrap()
}

pub async fn silence<P: std::fmt::Debug>(ear: &mut (impl Stream<Item = P> + Unpin), millis: u64) {
    let heard = tokio::time::timeout(Duration::from_millis(millis), ear.next()).await;
    assert!(heard.is_err(), "heard {heard:?}");
}
