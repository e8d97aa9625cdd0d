//! renderer: what a text says.

use serde::{Deserialize, Serialize};

use crate::chunk::{ChunkHead, OutcomeGroup, Screened};
use crate::class::Mode;
use crate::ids::{CampaignId, MessageId, RunId, TemplateId, TenantId};
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
    /// Every text of it says how to get no more of them.
    #[serde(default)]
    pub opt_out_said: bool,
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

/// Where does this short link lead? Asked without a tenant: the link names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResolveLink {
    /// What stands behind `/l/`.
    pub token: String,
    /// The host it was asked of, in lower case and without a port.
    pub host: String,
}

/// A short link that is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinkResolved {
    pub tenant: TenantId,
    pub campaign: CampaignId,
    pub message: MessageId,
    pub mode: Mode,
    /// Number of the link in its template.
    pub link: u8,
    /// An address that begins with `http://` or `https://`, as the template's author wrote it.
    pub target: String,
    /// From then on it leads nowhere.
    pub expires_at: UnixMillis,
}

impl Payload for ResolveLink {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Renderer;
    const NAME: &'static str = "resolve_link";
    const FORMAT: Format = Format::Json;
}

impl Query for ResolveLink {
    /// `None`: no such link on this host.
    type Answer = Option<LinkResolved>;
}
