//! campaigns: when, and to whom.

use serde::{Deserialize, Serialize};

use crate::class::Class;
use crate::ids::{CampaignId, RunId};
use crate::payload::{Format, Owner, Payload, PayloadKind};
use crate::time::UnixMillis;

/// The audience of a run is frozen and its first chunks are on their way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunStarted {
    pub run: RunId,
    pub campaign: CampaignId,
    pub class: Class,
    pub recipients: u64,
    pub at: UnixMillis,
}

impl Payload for RunStarted {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Campaigns;
    const NAME: &'static str = "run_started";
    const FORMAT: Format = Format::Json;
}

/// Positions settled by campaigns itself: contacts gone, cancelled or expired before release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChunkSettled {
    pub run: RunId,
    pub campaign: CampaignId,
    pub chunk: u32,
    pub at: UnixMillis,
    pub groups: Vec<crate::chunk::OutcomeGroup>,
}

impl Payload for ChunkSettled {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Campaigns;
    const NAME: &'static str = "chunk_settled";
}

/// Nothing of the run is pending any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunClosed {
    pub run: RunId,
    pub campaign: CampaignId,
    pub at: UnixMillis,
    pub recipients: u64,
    pub suppressed: u64,
    pub cancelled: u64,
    pub expired: u64,
    pub failed: u64,
    pub unknown: u64,
    pub handed_over: u64,
}

impl Payload for RunClosed {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Campaigns;
    const NAME: &'static str = "run_closed";
    const FORMAT: Format = Format::Json;
}
