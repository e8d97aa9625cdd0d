//! Texts that the API sends one by one: accepted durably, handed over at once, never twice.
//!
//! The way of one: [`request`] is what was asked for → [`resolve`] finds the person and the words → [`accept`]
//! commits rows, which from then on are the truth → [`hand`] takes them through the gate like any slot.
//! The [`crate::recorder`] writes what became of a text in the commit of its ledger row; what is held, or was
//! left by a process that died, comes back by the row's `due_at` ([`crate::tasks::due_sends`]).
//!
//! Texts of flows (appointments, journeys) come as commands instead, many at once ([`texts`],
//! [`crate::consumers::accept_texts`]), and go the same way from their rows on.

pub mod accept;
pub mod hand;
pub mod request;
pub mod resolve;
pub mod texts;

use contract::chunk::{ChunkHead, Outcome};
use contract::ids::{CampaignId, MessageId};
use contract::texts::Origin;
use contract::{ContactId, DecisionId, Reason, TemplateId, UnixMillis};

/// Of texts that belong to no campaign: answers, and what the API sends.
pub const NO_CAMPAIGN: CampaignId = CampaignId::from_raw(0);

/// Of people who are no contact.
pub const NOBODY: ContactId = ContactId::from_raw(0);

/// A text of no campaign is waited for by somebody.
pub fn is_waited_for(head: &ChunkHead) -> bool {
    head.class.is_reply() || head.campaign == NO_CAMPAIGN
}

/// A text as its row tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Send {
    pub id: MessageId,
    pub contact: Option<ContactId>,
    pub class: String,
    pub sender: String,
    pub template: Option<TemplateId>,
    pub segments: u8,
    pub accepted_at: UnixMillis,
    pub valid_until: UnixMillis,
    pub outcome: Outcome,
    pub reason: Reason,
    pub decision: Option<DecisionId>,
    pub held_until: Option<UnixMillis>,
    /// The text that failed, in whose place this one goes out.
    pub redrive_of: Option<MessageId>,
    /// The flow it belongs to; `None`: the API's caller.
    pub origin: Option<Origin>,
}
