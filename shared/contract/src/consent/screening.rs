//! Chunks are screened, campaigns noted, and people judged as if it were another time.

use serde::{Deserialize, Serialize};

use super::permits::PermitAsk;
use crate::chunk::{ChunkHead, OutcomeGroup, Recipient};
use crate::class::{Class, Mode};
use crate::ids::{CampaignId, RunId, TemplateId};
use crate::payload::{Format, Owner, Payload, PayloadKind, Query};
use crate::time::UnixMillis;

/// Screen a chunk: one decision per recipient; those allowed go on to the renderer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScreenChunk {
    pub head: ChunkHead,
    pub recipients: Vec<Recipient>,
}

impl Payload for ScreenChunk {
    const KIND: PayloadKind = PayloadKind::Command;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "screen_chunk";
}

/// A chunk was screened. Holds only those who may not be texted (now); no number, no text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChunkScreened {
    pub run: RunId,
    pub campaign: CampaignId,
    pub chunk: u32,
    pub at: UnixMillis,
    pub allowed: u16,
    /// Suppressed, expired and held positions.
    pub groups: Vec<OutcomeGroup>,
}

impl Payload for ChunkScreened {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "chunk_screened";
}

/// What the texts of a campaign hold, as the renderer reads them. Asked by campaigns before a run begins;
/// counts from the answer on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NoteContent {
    pub campaign: CampaignId,
    /// Every text says how to get no more of them.
    pub opt_out_said: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContentNoted {}

impl Payload for NoteContent {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "note_content";
    const FORMAT: Format = Format::Json;
}

impl Query for NoteContent {
    type Answer = ContentNoted;
}

/// How would these people be judged at that instant, and by which policies? The decisions are those of screening;
/// none is recorded and nothing is granted. At most one chunk of people, and none to learn the policies alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgeChunk {
    pub campaign: CampaignId,
    pub class: Class,
    pub programme: String,
    pub sender: String,
    pub template: TemplateId,
    pub mode: Mode,
    /// As if it were then. What is known of people is what is known now.
    pub at: UnixMillis,
    pub valid_until: UnixMillis,
    /// Every text says how to get no more of them.
    pub opt_out_said: bool,
    /// IANA zones that [`PermitAsk::zone`] points into.
    pub zones: Vec<String>,
    pub asks: Vec<PermitAsk>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChunkJudged {
    /// Suppressed, expired and held positions; all others are allowed.
    pub groups: Vec<OutcomeGroup>,
    /// Names the policy set: law, own policies and parameters. Equal texts, equal policies.
    pub policy: String,
    /// IANA zones that `zone_of` points into.
    pub zones: Vec<String>,
    /// One entry per ask, in that order: the first zone that the person may be in.
    pub zone_of: Vec<Option<u8>>,
}

impl Payload for JudgeChunk {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "judge_chunk";
}

impl Query for JudgeChunk {
    type Answer = ChunkJudged;
}
