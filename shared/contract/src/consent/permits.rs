//! Leave to hand over: asked for slot by slot, closed when what became of it is durable.

use serde::{Deserialize, Serialize};

use crate::chunk::{OutcomeGroup, SlotRef};
use crate::class::{Class, Mode};
use crate::ids::{CampaignId, ContactId, DecisionId, MessageId, TemplateId};
use crate::payload::{Owner, Payload, PayloadKind, Query};
use crate::phone::Phone;
use crate::time::UnixMillis;

/// May these people be texted right now? Asked by dispatch just before hand-over, for one slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GrantPermits {
    pub slot: SlotRef,
    pub campaign: CampaignId,
    pub class: Class,
    pub programme: String,
    /// What the texts leave from: whose registration and blocks count.
    pub sender: String,
    pub template: TemplateId,
    pub mode: Mode,
    pub valid_until: UnixMillis,
    /// IANA zones that [`PermitAsk::zone`] points into.
    pub zones: Vec<String>,
    /// Who asks, and the epoch it was given by [`RegisterDispatcher`].
    pub dispatcher: String,
    pub epoch: u64,
    pub asks: Vec<PermitAsk>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PermitAsk {
    pub position: u16,
    pub contact: ContactId,
    pub phone: Phone,
    pub zone: Option<u8>,
}

/// Leave to hand over one text, once, soon. Only consent makes one (through its answer to
/// [`GrantPermits`]), and a provider takes it by value: code that skips consent does not compile.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Permit {
    message: MessageId,
    decision: DecisionId,
    /// Revision of the person's consent that the decision saw.
    revision: u32,
}

impl Permit {
    /// For the consent service alone, after the permit's row is committed.
    pub const fn issue(message: MessageId, decision: DecisionId, revision: u32) -> Self {
        Self {
            message,
            decision,
            revision,
        }
    }

    pub const fn message(&self) -> MessageId {
        self.message
    }

    pub const fn decision(&self) -> DecisionId {
        self.decision
    }

    pub const fn revision(&self) -> u32 {
        self.revision
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub enum PermitAnswer {
    /// A newer dispatcher of that name has registered: the asker must stop.
    Fenced,
    Answered {
        granted: Vec<Permit>,
        /// Milliseconds for which the granted permits may be used, from the moment the question was asked.
        good_for_ms: u32,
        /// Positions whose permit was granted to an earlier request. They are done, in flight or unknown;
        /// never to be handed over again.
        permitted_before: Vec<u16>,
        /// Denied or held just now.
        refused: Vec<OutcomeGroup>,
    },
}

impl Payload for GrantPermits {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "grant_permits";
    const VERSION: u16 = 2;
}

impl Query for GrantPermits {
    type Answer = PermitAnswer;
}

/// The outcome of every permit of these slots is durable at the dispatcher: an opt-out need not wait for them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClosePermits {
    pub dispatcher: String,
    pub epoch: u64,
    pub slots: Vec<SlotRef>,
    /// Permits of these slots whose texts surely never left: they may be granted again.
    pub returned: Vec<ReturnedPermit>,
}

/// A permit that comes back unused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedPermit {
    pub slot: SlotRef,
    pub position: u16,
    /// How many permits of this text have come back with this one. A question that is repeated or late
    /// names a number that has been, and takes nothing back.
    pub attempt: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PermitsClosed {}

impl Payload for ClosePermits {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "close_permits";
    const VERSION: u16 = 2;
}

impl Query for ClosePermits {
    type Answer = PermitsClosed;
}

/// A dispatcher starts: it gets the next epoch, its predecessors of the same name are fenced, and it
/// learns which permits they left open, to settle them as handed over (if its ledger says so) or unknown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegisterDispatcher {
    pub dispatcher: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DispatcherRegistered {
    pub epoch: u64,
    pub open: Vec<OpenSlot>,
}

/// Permits granted and not closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenSlot {
    pub tenant: crate::ids::TenantId,
    pub slot: SlotRef,
    pub campaign: CampaignId,
    /// The three lists line up.
    pub positions: Vec<u16>,
    pub contacts: Vec<ContactId>,
    pub decisions: Vec<DecisionId>,
}

impl Payload for RegisterDispatcher {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "register_dispatcher";
}

impl Query for RegisterDispatcher {
    type Answer = DispatcherRegistered;
}
