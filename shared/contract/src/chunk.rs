//! What travels along the mass path: chunks of at most 512 recipients, and what became of them.
//!
//! campaigns releases a chunk → consent screens it → renderer writes the texts → dispatch sends them.
//! Every stage reports final outcomes by position; a position that nobody reports stays pending and is
//! released again. So every stage may run twice.

use serde::{Deserialize, Serialize};

use crate::class::{Class, Mode};
use crate::ids::{CampaignId, ContactId, DecisionId, RunId, TemplateId};
use crate::phone::Phone;
use crate::reason::Reason;
use crate::time::UnixMillis;

/// Recipients in one chunk at most. A chunk's payload must stay well below NATS' 1 MiB.
pub const CHUNK_SIZE: usize = 512;
/// Recipients in one permit request: a *slot* is positions `64 * n .. 64 * n + 64` of a chunk, always
/// cut at the same places, so that asking again names the same permits.
pub const SLOT_SIZE: usize = 64;

/// What every recipient of a chunk shares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChunkHead {
    pub run: RunId,
    pub campaign: CampaignId,
    /// Number of the chunk in its run, from 0.
    pub chunk: u32,
    pub class: Class,
    /// The programme the consent is for, such as `default` or `newsletter`.
    pub programme: String,
    pub template: TemplateId,
    pub template_version: u32,
    /// Sender number (E.164) or alphanumeric sender id shown to the recipient.
    pub sender: String,
    pub mode: Mode,
    /// After this instant nothing of the chunk may be handed over.
    pub valid_until: UnixMillis,
    pub released_at: UnixMillis,
    /// IANA zones that [`Recipient::zone`] points into.
    pub zones: Vec<String>,
    /// Merge field names that [`Recipient::fields`] lines up with, such as `first_name`.
    pub field_names: Vec<String>,
}

/// One person of a chunk, before screening.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipient {
    /// Place in the chunk, below [`CHUNK_SIZE`]; with run and chunk it is the message id.
    pub position: u16,
    pub contact: ContactId,
    pub phone: Phone,
    /// Index into [`ChunkHead::zones`]: the zone on the contact, if it has one.
    pub zone: Option<u8>,
    /// One entry per [`ChunkHead::field_names`]; `None` where the contact lacks the field.
    pub fields: Vec<Option<String>>,
}

/// A recipient who passed screening, with the decision that let them through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Screened {
    pub recipient: Recipient,
    pub decision: DecisionId,
}

/// Character encoding of a text on the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Encoding {
    #[serde(rename = "GSM-7")]
    Gsm7,
    #[serde(rename = "UCS-2")]
    Ucs2,
}

impl Encoding {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gsm7 => "GSM-7",
            Self::Ucs2 => "UCS-2",
        }
    }
}

/// A finished text for one person.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Text {
    pub position: u16,
    pub contact: ContactId,
    pub phone: Phone,
    pub zone: Option<u8>,
    pub decision: DecisionId,
    pub encoding: Encoding,
    /// Segments it takes on the air, 1 or more.
    pub segments: u8,
    pub body: String,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Text")
            .field("position", &self.position)
            .field("contact", &self.contact)
            .finish_non_exhaustive()
    }
}

/// Where a message stands. The number is its rank: a message only ever moves to a higher one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Outcome {
    Pending = 0,
    /// Waits for an instant (quiet hours) or for a resume; comes back through campaigns.
    Held = 10,
    Expired = 20,
    Cancelled = 21,
    Suppressed = 22,
    /// Never accepted by a carrier.
    Failed = 23,
    /// Permitted, and nobody can say whether it was handed over. Never silently resent.
    Unknown = 30,
    /// Accepted by the carrier; no final receipt yet.
    HandedOver = 40,
    Undelivered = 50,
    Delivered = 51,
}

impl Outcome {
    pub const ALL: [Self; 10] = [
        Self::Pending,
        Self::Held,
        Self::Expired,
        Self::Cancelled,
        Self::Suppressed,
        Self::Failed,
        Self::Unknown,
        Self::HandedOver,
        Self::Undelivered,
        Self::Delivered,
    ];

    pub const fn rank(self) -> u8 {
        self as u8
    }

    pub fn from_rank(rank: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.rank() == rank)
    }

    /// No stage has anything left to do; receipts may still refine it.
    pub const fn is_settled(self) -> bool {
        self.rank() >= Self::Expired.rank()
    }

    /// The carrier has taken it.
    pub const fn is_handed_over(self) -> bool {
        self.rank() >= Self::HandedOver.rank()
    }

    /// No receipt can change it any more.
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Expired
                | Self::Cancelled
                | Self::Suppressed
                | Self::Failed
                | Self::Undelivered
                | Self::Delivered
        )
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Held => "held",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Suppressed => "suppressed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::HandedOver => "handed_over",
            Self::Undelivered => "undelivered",
            Self::Delivered => "delivered",
        }
    }
}

/// Positions of one chunk that share an outcome and its reason. The three lists line up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutcomeGroup {
    pub outcome: Outcome,
    pub reason: Reason,
    /// For [`Outcome::Held`]: when to try again; `None` means when the campaign resumes.
    pub until: Option<UnixMillis>,
    pub positions: Vec<u16>,
    pub contacts: Vec<ContactId>,
    pub decisions: Vec<DecisionId>,
}

/// One permit request's worth of a chunk. Slots ascend with (run, chunk, slot).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SlotRef {
    pub run: RunId,
    pub chunk: u32,
    /// `position / SLOT_SIZE`
    pub slot: u8,
}
