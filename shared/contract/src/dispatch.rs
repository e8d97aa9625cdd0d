//! dispatch: how a text leaves, and what the carrier said.

use serde::{Deserialize, Serialize};

use crate::chunk::{ChunkHead, Encoding, Outcome, SlotRef, Text};
use crate::ids::{CampaignId, ContactId, DecisionId, MessageId};
use crate::payload::{Owner, Payload, PayloadKind};
use crate::reason::Reason;
use crate::time::UnixMillis;

/// Hand these texts to a carrier, each after its permit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SendChunk {
    pub head: ChunkHead,
    pub texts: Vec<Text>,
}

impl Payload for SendChunk {
    const KIND: PayloadKind = PayloadKind::Command;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "send_chunk";
}

/// Hand these over before anything else, past the campaigns' queue and without waiting for the pace: the
/// answers to STOP and HELP, which people wait for and the law gives five minutes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SendAnswer {
    pub head: ChunkHead,
    pub texts: Vec<Text>,
}

impl Payload for SendAnswer {
    const KIND: PayloadKind = PayloadKind::Command;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "send_answer";
}

/// What became of slots at hand-over. Several slots share one event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HandOversRecorded {
    pub slots: Vec<SlotOutcome>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SlotOutcome {
    pub slot: SlotRef,
    pub campaign: CampaignId,
    /// Name of the provider the slot went to; empty where nothing was handed over.
    pub provider: String,
    pub at: UnixMillis,
    pub items: Vec<HandOver>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HandOver {
    pub position: u16,
    pub contact: ContactId,
    pub decision: DecisionId,
    /// Handed over, failed, unknown, suppressed, held, cancelled or expired.
    pub outcome: Outcome,
    pub reason: Reason,
    /// For [`Outcome::Held`]: when to try again.
    pub until: Option<UnixMillis>,
    pub segments: u8,
    pub encoding: Encoding,
    /// The carrier's id of the (last segment of the) text; empty where none was given.
    pub provider_message_id: String,
}

impl Payload for HandOversRecorded {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "hand_overs_recorded";
}

/// Final receipts, after folding by rank: each message appears at most once per state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReceiptsRecorded {
    pub items: Vec<Receipt>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    pub message: MessageId,
    pub outcome: Outcome,
    /// `OK`, or the carrier's error as `UNDELIVERABLE`.
    pub reason: Reason,
    pub at: UnixMillis,
}

impl Payload for ReceiptsRecorded {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "receipts_recorded";
}
