//! Texts that people send, as a provider brings them.

use serde::{Deserialize, Serialize};

use crate::payload::{Format, Owner, Payload, PayloadKind, Query};
use crate::phone::Phone;

/// A provider brought a person's text by webhook. Answered once it is recorded by the tenant it belongs to
/// (an opt-out in it included), or parked where nobody is known to use the number.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct TakeReply {
    pub provider: String,
    pub provider_message_id: String,
    pub from: Phone,
    pub to: String,
    pub text: String,
}

impl std::fmt::Debug for TakeReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TakeReply")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyTaken {}

impl Payload for TakeReply {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "take_reply";
    const FORMAT: Format = Format::Json;
}

impl Query for TakeReply {
    type Answer = ReplyTaken;
}
