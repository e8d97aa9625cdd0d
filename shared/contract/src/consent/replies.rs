//! What people text back, and what it asks for.

use serde::{Deserialize, Serialize};

use crate::class::Mode;
use crate::ids::{ConsentId, ContactId, InboundId};
use crate::payload::{Format, Owner, Payload, PayloadKind, Query};
use crate::phone::Phone;
use crate::time::UnixMillis;

/// Something a person texted back.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    pub inbound: InboundId,
    pub contact: Option<ContactId>,
    pub from: Phone,
    /// The number or sender id it was sent to: where a confirmation comes from.
    pub to: String,
    pub text: String,
    pub received_at: UnixMillis,
    pub mode: Mode,
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply")
            .field("inbound", &self.inbound)
            .finish_non_exhaustive()
    }
}

/// Act on a reply (STOP, START, HELP). The durable way; idempotent by the inbound id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActOnReply {
    pub reply: Reply,
}

impl Payload for ActOnReply {
    const KIND: PayloadKind = PayloadKind::Command;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "act_on_reply";
    const FORMAT: Format = Format::Json;
}

/// The same, asked while the carrier still waits for its answer: when this is answered, an opt-out is
/// recorded and no permit is granted any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordReply {
    pub reply: Reply,
}

/// What the text of a reply asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keyword {
    Stop,
    Start,
    Help,
    /// No keyword: a conversation.
    None,
    /// YES to a question of ours: a double opt-in, or after an opt-out like START.
    Yes,
    /// May be an opt-out: marketing is held until a person has looked.
    Review,
}

impl Keyword {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Help => "help",
            Self::None => "none",
            Self::Yes => "yes",
            Self::Review => "review",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplyRecorded {
    pub keyword: Keyword,
    /// The ledger entry, where one was made.
    pub consent: Option<ConsentId>,
}

impl Payload for RecordReply {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "record_reply";
    const FORMAT: Format = Format::Json;
}

impl Query for RecordReply {
    type Answer = ReplyRecorded;
}
