//! How a flow (an appointment, a journey, a campaign's test) texts one person.
//!
//! [`queue`] writes rows and the command to dispatch in the flow's own transaction: with its commit the text is
//! ours, without it nothing was ever said. [`withdraw`] gets texts back that have not left, by shutting their
//! gates at consent. What becomes of a text comes back through [`outcomes`], which tells the flow by its kind
//! ([`origins`]) in the transaction that notes it.
//!
//! The rows are the truth: what dispatch has not accepted is offered again, and a withdrawal that consent has not
//! confirmed is asked for again ([`crate::tasks::texts`]).

pub mod offer;
pub mod origins;
pub mod outcomes;
mod queue;
mod withdraw;

use std::collections::BTreeMap;

use contract::chunk::Outcome;
use contract::texts::Origin;
use contract::{Class, ContactId, MessageId, Mode, Reason, TemplateId, TenantId, UnixMillis};

pub use crate::db::flow_text::of_origin;
pub use queue::queue;
pub use withdraw::{settle_withdrawals, want_withdrawn, withdraw};

/// A text that a flow wants sent.
#[derive(Debug, Clone, PartialEq)]
pub struct NewText {
    pub tenant: TenantId,
    pub mode: Mode,
    pub origin: Origin,
    /// Names the text within its origin, such as `reminder-2/v3`; at most 200 bytes. (origin, step, contact) is
    /// one text, ever: a flow that runs a step twice queues it once, and one that means another text names
    /// another step.
    pub step: String,
    pub contact: ContactId,
    pub class: Class,
    /// The programme the consent is for.
    pub programme: String,
    /// Number or name that the recipient sees.
    pub sender: String,
    pub template: TemplateId,
    /// `None`: the version that is published when dispatch accepts the text.
    pub template_version: Option<u32>,
    /// Values of merge fields, without `contact.`; the contact's own fill what is left out.
    pub vars: BTreeMap<String, String>,
    /// Not before this instant; `None`: at once. The words are written earlier, when dispatch accepts the text, so
    /// a flow with timers of its own queues its text when the time has come.
    pub not_before: Option<UnixMillis>,
    /// After this instant it may not be handed over; what is held until later expires.
    pub valid_until: UnixMillis,
}

/// Values of merge fields of one text: together at most this many bytes with their names.
pub const VARS_BYTES: usize = 16 * 1024;
/// And at most this many.
pub const MOST_VARS: usize = 100;
const STEP_BYTES: usize = 200;

impl NewText {
    /// Why it could never be sent like this. A flow asks before it plans the text; [`queue`] refuses what has one.
    pub fn fault(&self) -> Option<&'static str> {
        let size: usize = self.vars.iter().map(|(k, v)| k.len() + v.len()).sum();
        if self.vars.len() > MOST_VARS || size > VARS_BYTES {
            return Some("at most 100 merge fields, 16 KiB together");
        }
        if !(1..=STEP_BYTES).contains(&self.step.len()) {
            return Some("a step's name has 1 to 200 bytes");
        }
        if self.class.is_reply() {
            return Some("the platform itself sends texts of this class");
        }
        contract::sender::fault(&self.sender)
    }
}

/// Where a wanted text has its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queued {
    pub message: MessageId,
    /// False: it was queued before, by an earlier run of the same step.
    pub new: bool,
}

/// What a withdrawal came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// It has not left and never will.
    NeverLeft,
    /// A permit was granted before the gate shut: it may have left, or has. As far as is known now; `Pending`
    /// where its outcome is still on the way here.
    MayHaveLeft(Outcome),
    /// Consent has not confirmed yet. It is asked again until it does, and the flow is told by its outcome.
    NotYet,
    /// There is no such text.
    Unknown,
}

/// A text as its row tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    pub message: MessageId,
    pub tenant: TenantId,
    pub origin: Origin,
    pub step: String,
    pub contact: ContactId,
    pub outcome: Outcome,
    pub reason: Reason,
    /// Of a held text: when it is tried again.
    pub held_until: Option<UnixMillis>,
    pub queued_at: UnixMillis,
    /// When dispatch made it its own.
    pub accepted_at: Option<UnixMillis>,
    /// When its outcome last changed.
    pub changed_at: UnixMillis,
    /// Why it is wanted back.
    pub withdrawn: Option<Reason>,
}

impl Text {
    /// `queued`, `accepted`, or the outcome.
    pub const fn state(&self) -> &'static str {
        match (self.outcome, self.accepted_at) {
            (Outcome::Pending, None) => "queued",
            (Outcome::Pending, Some(_)) => "accepted",
            (outcome, _) => outcome.as_str(),
        }
    }
}

/// What became of a text, as its flow is told. A text is told of more than once: held, handed over, delivered.
/// Outcomes only rise in rank, except that a held text may be held again.
#[derive(Debug, Clone, PartialEq)]
pub struct TextOutcome {
    pub message: MessageId,
    pub tenant: TenantId,
    pub origin: Origin,
    pub step: String,
    pub contact: ContactId,
    pub outcome: Outcome,
    pub reason: Reason,
    pub at: UnixMillis,
}
