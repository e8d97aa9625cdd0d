//! What became of texts at hand-over, and which routes they took.

use serde::{Deserialize, Serialize};

use crate::chunk::{Encoding, Outcome, SlotRef};
use crate::ids::{CampaignId, ContactId, DecisionId};
use crate::payload::{Format, Owner, Payload, PayloadKind};
use crate::reason::Reason;
use crate::time::UnixMillis;

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

/// Which routes texts took, where there was a choice: said in the commit of their hand-over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextsRouted {
    pub groups: Vec<RoutedGroup>,
}

/// Texts of one slot that went the same way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoutedGroup {
    pub slot: SlotRef,
    pub campaign: CampaignId,
    pub positions: Vec<u16>,
    pub routed: Routed,
}

/// A choice of route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routed {
    /// Name of the route; that of the provider where no route was written down.
    pub route: String,
    /// The number that a pool chose.
    pub sender: Option<String>,
    /// Routes that came before it, and why they did not take the text.
    pub passed: Vec<Passed>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    pub route: String,
    /// `circuit_open`, `link_down`, or the reason code of an attempt that surely sent nothing.
    pub why: String,
    /// It was handed over, and the carrier did not take it.
    pub tried: bool,
}

impl Payload for TextsRouted {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "texts_routed";
    const FORMAT: Format = Format::Json;
}
