//! The ledger, decisions and permits.

use super::Entry;
use super::samples::{AT, group, head, id, phone, recipient, reply, run, slot};
use crate::class::{Class, Mode};
use crate::consent::{
    ActOnReply, CancelRuns, ChunkScreened, ClosePermits, Gate, GrantPermits, NoteContent,
    OptInsRecorded, OptOutConfirmed, OptOutRecorded, PermitAsk, RecordProviderBlock, RecordReply,
    RegisterDispatcher, ReturnedPermit, ScreenChunk, SetRunGate,
};
use crate::ids::MessageId;
use crate::reason::Reason;

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry::of(&ScreenChunk {
            head: head(),
            recipients: vec![recipient()],
        }),
        Entry::of(&ChunkScreened {
            run: run(),
            campaign: id(1),
            chunk: 3,
            at: AT,
            allowed: 499,
            groups: vec![group()],
        }),
        Entry::of(&GrantPermits {
            slot: slot(),
            campaign: id(1),
            class: Class::Marketing,
            programme: "default".into(),
            sender: "+15005550100".into(),
            template: id(4),
            mode: Mode::Test,
            valid_until: AT,
            zones: vec!["America/New_York".into()],
            dispatcher: "dispatch-1".into(),
            epoch: 2,
            asks: vec![PermitAsk {
                position: 65,
                contact: id(3),
                phone: phone(),
                zone: Some(0),
            }],
        }),
        Entry::of(&ClosePermits {
            dispatcher: "dispatch-1".into(),
            epoch: 2,
            slots: vec![slot()],
            returned: vec![ReturnedPermit {
                slot: slot(),
                position: 65,
                attempt: 1,
            }],
        }),
        Entry::of(&RegisterDispatcher {
            dispatcher: "dispatch-1".into(),
        }),
        Entry::of(&NoteContent {
            campaign: id(1),
            opt_out_said: true,
        }),
        Entry::of(&SetRunGate {
            run: run(),
            gate: Gate::Paused,
        }),
        Entry::of(&CancelRuns {
            runs: vec![run()],
            reason: Reason::SUPERSEDED,
        }),
        Entry::of(&ActOnReply { reply: reply() }),
        Entry::of(&RecordReply { reply: reply() }),
        Entry::of(&RecordProviderBlock {
            message: MessageId::of(id(0), 3, 65),
            contact: Some(id(3)),
            phone: phone(),
            sender: "+15005550100".into(),
            provider: "twilio".into(),
            code: "21610".into(),
            at: AT,
        }),
        Entry::of(&OptOutRecorded {
            consent: id(9),
            contact: Some(id(3)),
            method: "keyword".into(),
            at: AT,
        }),
        Entry::of(&OptOutConfirmed {
            consent: id(9),
            recorded_at: AT,
            confirmed_at: AT,
        }),
        Entry::of(&OptInsRecorded {
            count: 500,
            method: "web_form".into(),
            at: AT,
        }),
    ]
}
