//! campaigns: when, and to whom.

use serde::{Deserialize, Serialize};

use crate::class::{Class, Mode};
use crate::ids::{CampaignId, RunId};
use crate::payload::{Format, Owner, Payload, PayloadKind};
use crate::reason::Reason;
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

/// Let texts that are held for this reason until later be tried now: what held them has ended, or there is room for
/// them. Of no single tenant where it held texts of everybody. Nothing depends on it: whoever is not brought back comes
/// when the instant has come that it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BringBack {
    pub reason: Reason,
    /// `None`: of both.
    pub mode: Option<Mode>,
    /// `None`: of whichever campaign.
    pub campaign: Option<CampaignId>,
    /// Texts; `None`: all of them.
    pub at_most: Option<u32>,
}

impl Payload for BringBack {
    const KIND: PayloadKind = PayloadKind::Command;
    const OWNER: Owner = Owner::Campaigns;
    const NAME: &'static str = "bring_back";
    const FORMAT: Format = Format::Json;
}
