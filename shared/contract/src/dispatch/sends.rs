//! Single texts, of the API or of a flow, and people of whom nothing is kept.

use serde::{Deserialize, Serialize};

use crate::chunk::Outcome;
use crate::ids::{ContactId, DecisionId, MessageId};
use crate::payload::{Format, Owner, Payload, PayloadKind, Query};
use crate::phone::Phone;
use crate::reason::Reason;
use crate::texts::Origin;
use crate::time::UnixMillis;

/// What do you know of this text, which came by the API on its own or from a flow? Asked by analytics, which hears of a text
/// only once it is settled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindSend {
    pub message: MessageId,
}

/// A text of the API or of a flow, as dispatch has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SendFound {
    /// Pending (accepted, nothing decided), held, or what became of it at hand-over.
    pub outcome: Outcome,
    pub reason: Reason,
    /// For [`Outcome::Held`]: when it is tried again.
    pub until: Option<UnixMillis>,
    pub contact: Option<ContactId>,
    pub decision: Option<DecisionId>,
    pub segments: u8,
    pub accepted_at: UnixMillis,
    /// The flow it belongs to; `None`: it came by the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

impl Payload for FindSend {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "find_send";
    const FORMAT: Format = Format::Json;
}

impl Query for FindSend {
    /// `None`: no such text of this tenant, or it came from a campaign.
    type Answer = Option<SendFound>;
}

/// A person is erased: what stands under this number goes, as far as it proves nothing. Runs twice without harm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ForgetPerson {
    pub phone: Phone,
}

impl Payload for ForgetPerson {
    const KIND: PayloadKind = PayloadKind::Command;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "forget_person";
    const FORMAT: Format = Format::Json;
}
