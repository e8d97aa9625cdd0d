//! Keys of tenants, and people with their lists.

use super::Entry;
use super::samples::{id, phone};
use crate::accounts::VerifyKey;
use crate::audience::AudiencePart;
use crate::contacts::{
    ContactChange, ContactDeleted, FieldChange, FindByPhone, ImportFinished, ListFields,
    LoadRecipients, PageAudience, SegmentMembersMoved, UpdateContacts,
};

pub(super) fn entries() -> Vec<Entry> {
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
