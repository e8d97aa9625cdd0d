//! Hand-overs, receipts, and what is asked about them.

use super::Entry;
use super::samples::{AT, head, id, phone, run, slot};
use crate::chunk::{Encoding, Outcome, Text};
use crate::class::Mode;
use crate::dispatch::{
    FindSend, FindSenderPool, ForgetPerson, HandOver, HandOversRecorded, Passed, ProviderBlock,
    ProviderReceipt, Receipt, ReceiptsRecorded, RecordReceipts, Routed, RoutedGroup, SendAnswer,
    SendChunk, SendUrgentChunk, SlotOutcome, SpendOf, TakeReply, TextsRouted, UndeliveredOf,
    UnknownSettled,
};
use crate::ids::MessageId;
use crate::reason::Reason;

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry::of(&SendChunk {
            head: head(),
            texts: vec![Text {
                position: 65,
                contact: id(3),
                phone: phone(),
                zone: Some(0),
                decision: id(5),
                encoding: Encoding::Gsm7,
                segments: 1,
                body: "Hi Ana".into(),
            }],
        }),
        Entry::of(&SendUrgentChunk {
            head: head(),
            texts: vec![Text {
                position: 65,
                contact: id(3),
                phone: phone(),
                zone: Some(0),
                decision: id(5),
                encoding: Encoding::Gsm7,
                segments: 1,
                body: "Hi Ana".into(),
            }],
        }),
        Entry::of(&SendAnswer {
            head: head(),
            texts: vec![Text {
                position: 65,
                contact: id(3),
                phone: phone(),
                zone: Some(0),
                decision: id(5),
                encoding: Encoding::Gsm7,
                segments: 1,
                body: "Hi Ana".into(),
            }],
        }),
        Entry::of(&HandOversRecorded {
            slots: vec![SlotOutcome {
                slot: slot(),
                campaign: id(1),
                provider: "simulator".into(),
                at: AT,
                items: vec![HandOver {
                    position: 65,
                    contact: id(3),
                    decision: id(5),
                    outcome: Outcome::HandedOver,
                    reason: Reason::OK,
                    until: None,
                    segments: 1,
                    encoding: Encoding::Gsm7,
                    provider_message_id: "1a2b".into(),
                }],
            }],
        }),
        Entry::of(&TextsRouted {
            groups: vec![RoutedGroup {
                slot: slot(),
                campaign: id(1),
                positions: vec![65],
                routed: Routed {
                    route: "de-direct".into(),
                    sender: Some("+15005550100".into()),
                    passed: vec![Passed {
                        route: "de-cheap".into(),
                        why: "circuit_open".into(),
                        tried: false,
                    }],
                },
            }],
        }),
        Entry::of(&ReceiptsRecorded {
            items: vec![Receipt {
                message: MessageId::of(run(), 3, 65),
                outcome: Outcome::Delivered,
                reason: Reason::OK,
                at: AT,
            }],
        }),
        Entry::of(&UnknownSettled {
            items: vec![Receipt {
                message: MessageId::of(run(), 3, 65),
                outcome: Outcome::Delivered,
                reason: Reason::OK,
                at: AT,
            }],
        }),
        Entry::of(&RecordReceipts {
            provider: "twilio".into(),
            receipts: vec![ProviderReceipt {
                provider_message_id: "SM1a2b".into(),
                reference: Some(MessageId::of(run(), 3, 65)),
                outcome: Outcome::Undelivered,
                code: "21610".into(),
                fault: Some("blocked".into()),
                block: Some(ProviderBlock {
                    phone: phone(),
                    sender: "+15005550100".into(),
                }),
                at: AT,
            }],
        }),
        Entry::of(&TakeReply {
            provider: "twilio".into(),
            provider_message_id: "SM77".into(),
            from: phone(),
            to: "+15005550100".into(),
            text: "STOP".into(),
        }),
        Entry::of(&FindSenderPool {
            name: "us".into(),
            mode: Mode::Test,
        }),
        Entry::of(&ForgetPerson { phone: phone() }),
        Entry::of(&SpendOf { run: run() }),
        Entry::of(&UndeliveredOf {
            run: run(),
            first: 0,
            last: 63,
        }),
        Entry::of(&FindSend {
            message: MessageId::of(run(), 0, 0),
        }),
    ]
}
