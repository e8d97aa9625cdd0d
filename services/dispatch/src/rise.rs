//! What a receipt did to the text that it is about.

use contract::chunk::Outcome;
use contract::ids::{MessageId, TenantId};

use crate::book::PartKey;
use crate::slots;

/// A state that rose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rise {
    pub tenant: TenantId,
    pub key: PartKey,
    pub place: u8,
    /// What its hand-over came to.
    pub handed: Outcome,
    /// Where it stood before.
    pub from: Outcome,
    pub outcome: Outcome,
    pub at: i64,
    /// When it was handed over.
    pub handed_at: i64,
}

/// A name that a carrier gave to a text whose submit it had not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    pub message: MessageId,
    pub provider: String,
    pub provider_message_id: String,
}

impl Rise {
    pub fn message(&self) -> MessageId {
        let slot = self.key.slot;
        MessageId::of(slot.run, slot.chunk, slots::position(slot.slot, self.place))
    }
}

/// What a receipt did.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    /// No text of that id is waiting for receipts.
    UnknownId,
    /// Known, and nothing new.
    NothingNew,
    Rose(Rise),
}
