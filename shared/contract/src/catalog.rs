//! The one list of everything that travels on the bus, each with a sample.
//!
//! The samples are frozen as JSON under `snapshots/`: a change of an existing snapshot is a broken contract,
//! to be made as a new version instead.

use serde_json::Value;

mod before_launch;
mod texts;

use crate::accounts::VerifyKey;
use crate::audience::AudiencePart;
use crate::campaigns::{
    AppointmentChanged, AppointmentEvent, BringBack, ChunkSettled, DescribeAppointment, RunClosed,
    RunStarted,
};
use crate::chunk::{
    ChunkHead, Encoding, Outcome, OutcomeGroup, Recipient, Screened, SlotRef, Text,
};
use crate::class::{Class, Mode};
use crate::consent::{
    ActOnReply, CancelRuns, ChunkScreened, ClosePermits, Gate, GrantPermits, NoteContent,
    OptInsRecorded, OptOutConfirmed, OptOutRecorded, PermitAsk, RecordProviderBlock, RecordReply,
    RegisterDispatcher, Reply, ReturnedPermit, ScreenChunk, SetRunGate,
};
use crate::contacts::{
    ContactChange, ContactDeleted, ContactKey, FieldChange, FindByPhone, FindContacts,
    ImportFinished, ListFields, LoadRecipients, PageAudience, SegmentMembersMoved, UpdateContacts,
};
use crate::dispatch::{
    FindSend, FindSenderPool, ForgetPerson, HandOver, HandOversRecorded, Passed, ProviderBlock,
    ProviderReceipt, Receipt, ReceiptsRecorded, RecordReceipts, Routed, RoutedGroup, SendAnswer,
    SendChunk, SendUrgentChunk, SlotOutcome, SpendOf, TakeReply, TextsRouted, UndeliveredOf,
    UnknownSettled,
};
use crate::ids::{Id, MessageId, RunId};
use crate::inbound::{LinkClicked, LoadReply, MessageReceived, ReceiveReply};
use crate::payload::{Format, Owner, Payload, PayloadKind};
use crate::phone::Phone;
use crate::reason::Reason;
use crate::renderer::{
    ChunkRendered, DescribeTemplate, RenderChunk, RenderOne, ResolveLink, Wording,
};
use crate::time::UnixMillis;

/// One payload type.
#[derive(Debug, Clone)]
pub struct Entry {
    pub kind: PayloadKind,
    pub owner: Owner,
    pub name: &'static str,
    pub version: u16,
    pub format: Format,
    pub sample: Value,
}

impl Entry {
    fn of<P: Payload>(sample: &P) -> Self {
        Self {
            kind: P::KIND,
            owner: P::OWNER,
            name: P::NAME,
            version: P::VERSION,
            format: P::FORMAT,
            sample: serde_json::to_value(sample).unwrap_or(Value::Null),
        }
    }

    /// `<owner>.<name>.v<version>`: the snapshot's file name.
    pub fn title(&self) -> String {
        format!("{}.{}.v{}", self.owner.as_str(), self.name, self.version)
    }
}

const AT: UnixMillis = UnixMillis(1_781_103_600_000);

fn run() -> RunId {
    RunId::from_raw(0x019e_b000_0000_7000_8000_0000_0000_0000)
}

fn id<K: crate::ids::Kind>(n: u128) -> Id<K> {
    Id::from_raw(0x019e_b000_0000_7000_8000_0000_0000_0000 | n)
}

fn phone() -> Phone {
    Phone::from_digits(15_005_550_006).unwrap_or_else(|| unreachable!("eleven digits"))
}

fn head() -> ChunkHead {
    ChunkHead {
        run: run(),
        campaign: id(1),
        chunk: 3,
        class: Class::Marketing,
        programme: "default".into(),
        template: id(2),
        template_version: 1,
        sender: "+15005550100".into(),
        mode: Mode::Test,
        valid_until: AT,
        released_at: AT,
        zones: vec!["America/New_York".into()],
        field_names: vec!["first_name".into()],
    }
}

fn recipient() -> Recipient {
    Recipient {
        position: 65,
        contact: id(3),
        phone: phone(),
        zone: Some(0),
        fields: vec![Some("Ana".into())],
    }
}

fn group() -> OutcomeGroup {
    OutcomeGroup {
        outcome: Outcome::Held,
        reason: Reason::QUIET_HOURS,
        until: Some(AT),
        positions: vec![66],
        contacts: vec![id(4)],
        decisions: vec![id(5)],
    }
}

fn slot() -> SlotRef {
    SlotRef {
        run: run(),
        chunk: 3,
        slot: 1,
    }
}

fn reply() -> Reply {
    Reply {
        inbound: id(6),
        contact: Some(id(3)),
        from: phone(),
        to: "+15005550100".into(),
        text: "STOP".into(),
        received_at: AT,
        mode: Mode::Test,
    }
}

/// Every event, command and query.
pub fn all() -> Vec<Entry> {
    let mut entries = Vec::new();
    entries.extend(accounts_and_contacts());
    entries.extend(consent());
    entries.extend(campaigns_and_renderer());
    entries.extend(dispatch_and_inbound());
    entries.extend(texts::entries());
    entries.extend(appointments());
    entries.extend(before_launch::entries());
    entries
}

fn appointments() -> Vec<Entry> {
    vec![
        Entry::of(&AppointmentChanged {
            appointment: id(10),
            contact: id(3),
            event: AppointmentEvent::NeedsCall,
            version: 2,
            status: "scheduled".into(),
            confirmation: "unconfirmed".into(),
            starts_at: AT,
            reason: Some("OPTED_OUT_GLOBAL".into()),
            at: AT,
        }),
        Entry::of(&FindContacts {
            keys: vec![
                ContactKey::ExternalId("crm-81".into()),
                ContactKey::Phone(phone()),
            ],
        }),
        Entry::of(&LoadReply { inbound: id(6) }),
        Entry::of(&DescribeAppointment {
            contact: Some(id(3)),
            phone: phone(),
            sender: "+15005550100".into(),
            mode: Mode::Test,
        }),
    ]
}

fn accounts_and_contacts() -> Vec<Entry> {
    vec![
        Entry::of(&VerifyKey {
            sha256: "00".repeat(32),
        }),
        Entry::of(&PageAudience {
            include: vec![AudiencePart::List(id(7))],
            exclude: vec![AudiencePart::Segment(id(7))],
            after: Some(id(3)),
            limit: 10_000,
        }),
        Entry::of(&LoadRecipients {
            contacts: vec![id(3)],
            field_names: vec!["first_name".into()],
        }),
        Entry::of(&ListFields {}),
        Entry::of(&FindByPhone { phone: phone() }),
        Entry::of(&ImportFinished {
            import: id(8),
            created: 2,
            updated: 1,
            rejected: 1,
        }),
        Entry::of(&ContactDeleted { contact: id(3) }),
        Entry::of(&SegmentMembersMoved {
            segment: id(7),
            entered: vec![id(3)],
            left: vec![id(4)],
        }),
        Entry::of(&UpdateContacts {
            changes: vec![
                ContactChange {
                    contact: id(3),
                    field: "tags".into(),
                    value: FieldChange::AddTag("engaged".into()),
                },
                ContactChange {
                    contact: id(3),
                    field: "city".into(),
                    value: FieldChange::Set("Lyon".into()),
                },
            ],
        }),
    ]
}

fn consent() -> Vec<Entry> {
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

fn campaigns_and_renderer() -> Vec<Entry> {
    vec![
        Entry::of(&BringBack {
            reason: Reason::PACE_QUEUE,
            mode: Some(Mode::Test),
            campaign: Some(id(1)),
            at_most: Some(100),
        }),
        Entry::of(&RunStarted {
            run: run(),
            campaign: id(1),
            class: Class::Marketing,
            recipients: 5000,
            at: AT,
        }),
        Entry::of(&ChunkSettled {
            run: run(),
            campaign: id(1),
            chunk: 3,
            at: AT,
            groups: vec![group()],
        }),
        Entry::of(&RunClosed {
            run: run(),
            campaign: id(1),
            at: AT,
            recipients: 10,
            suppressed: 1,
            cancelled: 0,
            expired: 0,
            failed: 0,
            unknown: 0,
            handed_over: 9,
            revision: 1,
            restated_at: None,
        }),
        Entry::of(&RenderChunk {
            head: head(),
            recipients: vec![Screened {
                recipient: recipient(),
                decision: id(5),
            }],
        }),
        Entry::of(&ChunkRendered {
            run: run(),
            campaign: id(1),
            chunk: 3,
            at: AT,
            rendered: 498,
            groups: vec![group()],
        }),
        Entry::of(&DescribeTemplate { template: id(2) }),
        Entry::of(&ResolveLink {
            token: "4c92KzP0aQe".into(),
            host: "go.example.com".into(),
        }),
    ]
}

fn dispatch_and_inbound() -> Vec<Entry> {
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
        Entry::of(&RenderOne {
            message: MessageId::of(run(), 0, 0),
            mode: Mode::Test,
            wording: Wording::Template {
                template: id(2),
                fields: [("code".to_string(), "4711".to_string())].into(),
            },
            contact: Some(id(3)),
            zone: Some("America/New_York".into()),
        }),
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_payload_keeps_its_frozen_form() {
        for entry in all() {
            insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true, sort_maps => true }, {
                insta::assert_json_snapshot!(entry.title(), entry.sample);
            });
        }
    }

    #[test]
    fn names_are_unique() {
        let titles: BTreeSet<String> = all().iter().map(Entry::title).collect();
        assert_eq!(titles.len(), all().len());
    }
}
