//! renderer: what a text says.

use serde::{Deserialize, Serialize};

use crate::chunk::{ChunkHead, OutcomeGroup, Screened};
use crate::ids::{CampaignId, RunId, TemplateId};
use crate::payload::{Format, Owner, Payload, PayloadKind, Query};
use crate::time::UnixMillis;

/// Write the texts of a screened chunk and pass them to dispatch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RenderChunk {
    pub head: ChunkHead,
    pub recipients: Vec<Screened>,
}

impl Payload for RenderChunk {
    const KIND: PayloadKind = PayloadKind::Command;
    const OWNER: Owner = Owner::Renderer;
    const NAME: &'static str = "render_chunk";
}

/// A chunk was rendered. Holds only those whose text could not be written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChunkRendered {
    pub run: RunId,
    pub campaign: CampaignId,
    pub chunk: u32,
    pub at: UnixMillis,
    pub rendered: u16,
    pub groups: Vec<OutcomeGroup>,
}

impl Payload for ChunkRendered {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Renderer;
    const NAME: &'static str = "chunk_rendered";
}

/// Which version of a template is published, and which merge fields does it need?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DescribeTemplate {
    pub template: TemplateId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateDescribed {
    pub version: u32,
    pub field_names: Vec<String>,
}

impl Payload for DescribeTemplate {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Renderer;
    const NAME: &'static str = "describe_template";
    const FORMAT: Format = Format::Json;
}

impl Query for DescribeTemplate {
    /// `None`: no such template, or never published.
    type Answer = Option<TemplateDescribed>;
}
