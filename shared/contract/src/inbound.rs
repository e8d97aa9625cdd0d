//! inbound: what people text back.

use serde::{Deserialize, Serialize};

use crate::class::Mode;
use crate::consent::{Keyword, Reply};
use crate::ids::{CampaignId, ClickId, ContactId, InboundId, MessageId};
use crate::payload::{Format, Owner, Payload, PayloadKind, Query};
use crate::phone::Phone;
use crate::time::UnixMillis;

/// A carrier brought a text from a person. Answered once it is durable and, if it is an opt-out, recorded;
/// only then is the carrier told that we have it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ReceiveReply {
    pub provider: String,
    /// The carrier's id if it gives one; else derived from the content, so that a repetition is recognised.
    pub provider_message_id: String,
    pub from: Phone,
    pub to: String,
    pub text: String,
    pub received_at: UnixMillis,
    pub mode: Mode,
}

impl std::fmt::Debug for ReceiveReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReceiveReply")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplyReceived {
    pub inbound: InboundId,
    pub keyword: Keyword,
}

impl Payload for ReceiveReply {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Inbound;
    const NAME: &'static str = "receive_reply";
    const FORMAT: Format = Format::Json;
}

impl Query for ReceiveReply {
    type Answer = ReplyReceived;
}

/// A person texted back. Carries no number and no text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageReceived {
    pub inbound: InboundId,
    pub contact: Option<ContactId>,
    pub provider: String,
    pub at: UnixMillis,
}

impl Payload for MessageReceived {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Inbound;
    const NAME: &'static str = "message_received";
    const FORMAT: Format = Format::Json;
}

/// A short link was followed, by a person or by a machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinkClicked {
    pub click: ClickId,
    pub message: MessageId,
    pub campaign: CampaignId,
    /// Number of the link in its template.
    pub link: u8,
    /// `person`, `bot` or `prefetch`, as it looked then; reports judge anew.
    pub by: String,
    pub at: UnixMillis,
}

impl Payload for LinkClicked {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Inbound;
    const NAME: &'static str = "link_clicked";
    const FORMAT: Format = Format::Json;
}

/// What did a person text back, that [`MessageReceived`] told of? `None`: there is no such text of this tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadReply {
    pub inbound: InboundId,
}

impl Payload for LoadReply {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Inbound;
    const NAME: &'static str = "load_reply";
    const FORMAT: Format = Format::Json;
}

impl Query for LoadReply {
    type Answer = Option<Reply>;
}
