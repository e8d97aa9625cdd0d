//! contacts: people, lists, imports.

use serde::{Deserialize, Serialize};

use crate::audience::AudiencePart;
use crate::ids::{ContactId, ImportId, SegmentId};
use crate::payload::{Format, Owner, Payload, PayloadKind, Query};
use crate::phone::Phone;

/// The next page of an audience, ascending by contact id. A person on several lists or in several segments comes
/// once, because a tenant has one contact per phone number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageAudience {
    /// Contacts on any of these lists, or in any of these segments; empty means every contact of the tenant.
    pub include: Vec<AudiencePart>,
    /// Contacts on any of these lists, or in any of these segments, are left out.
    pub exclude: Vec<AudiencePart>,
    /// Continue after this contact.
    pub after: Option<ContactId>,
    /// At most 20,000.
    pub limit: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AudiencePage {
    pub contacts: Vec<ContactId>,
    /// No contact follows this page.
    pub done: bool,
    /// Why there are no contacts in this answer, and why that says nothing about the audience.
    pub gap: Option<AudienceGap>,
}

/// Why an audience cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum AudienceGap {
    /// There is no such list or segment: a part that is gone must not silently shrink, or worse widen, an audience.
    #[error("{0} does not exist")]
    Gone(AudiencePart),
    /// Who is in this segment is still being looked up; asked a little later, it is known.
    #[error("who is in {0} is still being looked up")]
    NotYet(SegmentId),
}

impl AudiencePage {
    /// The page, where the audience can be told.
    ///
    /// # Errors
    /// The gap, where it cannot.
    pub fn whole(self) -> Result<Self, AudienceGap> {
        match self.gap {
            Some(gap) => Err(gap),
            None => Ok(self),
        }
    }
}

impl Payload for PageAudience {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Contacts;
    const NAME: &'static str = "page_audience";
    const VERSION: u16 = 2;
}

impl Query for PageAudience {
    type Answer = AudiencePage;
}

/// What the pipeline needs of these people (at most one chunk of them).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadRecipients {
    pub contacts: Vec<ContactId>,
    /// Merge fields wanted, such as `first_name`.
    pub field_names: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecipientsLoaded {
    /// IANA zones that [`RecipientData::zone`] points into.
    pub zones: Vec<String>,
    /// One entry per contact asked for, in that order; `None` where the contact is gone.
    pub recipients: Vec<Option<RecipientData>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecipientData {
    pub phone: Phone,
    pub zone: Option<u8>,
    /// One entry per field asked for.
    pub fields: Vec<Option<String>>,
}

impl Payload for LoadRecipients {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Contacts;
    const NAME: &'static str = "load_recipients";
}

impl Query for LoadRecipients {
    type Answer = RecipientsLoaded;
}

/// Which merge fields do this tenant's contacts have? Used to check a template when it is saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListFields {}

impl Payload for ListFields {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Contacts;
    const NAME: &'static str = "list_fields";
    const FORMAT: Format = Format::Json;
}

impl Query for ListFields {
    type Answer = Vec<String>;
}

/// Which contact has this number?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindByPhone {
    pub phone: Phone,
}

impl Payload for FindByPhone {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Contacts;
    const NAME: &'static str = "find_by_phone";
    const FORMAT: Format = Format::Json;
}

impl Query for FindByPhone {
    type Answer = Option<ContactId>;
}

/// Which contacts have these external ids or numbers? At most [`MOST_KEYS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindContacts {
    pub keys: Vec<ContactKey>,
}

/// Keys in one question at most.
pub const MOST_KEYS: usize = 1000;

/// How a caller names a contact whose id it does not know.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactKey {
    ExternalId(String),
    Phone(Phone),
}

impl Payload for FindContacts {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Contacts;
    const NAME: &'static str = "find_contacts";
    const FORMAT: Format = Format::Json;
}

impl Query for FindContacts {
    /// One entry per key, in that order; `None` where there is no such contact.
    type Answer = Vec<Option<ContactId>>;
}

/// Change what is known of these people, in this order. At most [`MOST_CHANGES`]. Who is gone, and values that no
/// contact may have, are passed over. A repetition of the same command changes nothing.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct UpdateContacts {
    pub changes: Vec<ContactChange>,
}

/// Changes in one command at most.
pub const MOST_CHANGES: usize = 500;

/// One value of one person.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ContactChange {
    pub contact: ContactId,
    /// A merge field: `first_name`, `last_name`, `language`, `time_zone`, or the name of an attribute.
    pub field: String,
    pub value: FieldChange,
}

/// What becomes of a value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldChange {
    Set(String),
    Clear,
    /// The value is a list of words with commas between them; this word is in it from now on.
    AddTag(String),
    RemoveTag(String),
}

/// Without the value, which may be anything.
impl std::fmt::Debug for FieldChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Set(_) => "Set",
            Self::Clear => "Clear",
            Self::AddTag(_) => "AddTag",
            Self::RemoveTag(_) => "RemoveTag",
        })
    }
}

impl std::fmt::Debug for UpdateContacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UpdateContacts")
            .field("changes", &self.changes.len())
            .finish()
    }
}

impl Payload for UpdateContacts {
    const KIND: PayloadKind = PayloadKind::Command;
    const OWNER: Owner = Owner::Contacts;
    const NAME: &'static str = "update_contacts";
    const FORMAT: Format = Format::Json;
}

/// An import ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportFinished {
    pub import: ImportId,
    pub created: u64,
    pub updated: u64,
    pub rejected: u64,
}

impl Payload for ImportFinished {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Contacts;
    const NAME: &'static str = "import_finished";
    const FORMAT: Format = Format::Json;
}

/// A contact was deleted. Carries no number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContactDeleted {
    pub contact: ContactId,
}

impl Payload for ContactDeleted {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Contacts;
    const NAME: &'static str = "contact_deleted";
    const FORMAT: Format = Format::Json;
}

/// Contacts that came into a segment, or left it, because they changed, or a list, or the time. Not said of those
/// whom a new definition of the segment takes in or leaves out, nor of contacts that are deleted. At most
/// [`MOST_MOVED`] of both together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentMembersMoved {
    pub segment: SegmentId,
    pub entered: Vec<ContactId>,
    pub left: Vec<ContactId>,
}

/// Contacts in one event at most.
pub const MOST_MOVED: usize = 1000;

impl Payload for SegmentMembersMoved {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Contacts;
    const NAME: &'static str = "segment_members_moved";
}
