//! What people text back, and links they follow.

use super::Entry;
use super::samples::{AT, id, phone, run};
use crate::class::Mode;
use crate::ids::MessageId;
use crate::inbound::{LinkClicked, MessageReceived, ReceiveReply};

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry::of(&ReceiveReply {
            provider: "simulator".into(),
            provider_message_id: "77".into(),
            from: phone(),
            to: "+15005550100".into(),
            text: "STOP".into(),
            received_at: AT,
            mode: Mode::Test,
        }),
        Entry::of(&MessageReceived {
            inbound: id(6),
            contact: Some(id(3)),
            provider: "simulator".into(),
            at: AT,
        }),
        Entry::of(&LinkClicked {
            click: id(7),
            message: MessageId::of(run(), 3, 65),
            campaign: id(1),
            link: 0,
            by: "person".into(),
            at: AT,
        }),
    ]
}
