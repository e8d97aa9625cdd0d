//! renderer: what a text says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::chunk::{ChunkHead, Encoding, OutcomeGroup, Recipient, Screened};
use crate::class::Mode;
use crate::ids::{CampaignId, ContactId, MessageId, RunId, TemplateId, TenantId};
use crate::payload::{Format, Owner, Payload, PayloadKind, Query};
use crate::reason::Reason;
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

/// Write one text now: of a template, or words as they stand. Asked by dispatch for a text that the API sends.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct RenderOne {
    pub message: MessageId,
    pub mode: Mode,
    pub wording: Wording,
    /// Whose fields fill what `fields` leaves out.
    pub contact: Option<ContactId>,
    /// IANA zone of the person, if it is known.
    pub zone: Option<String>,
}

/// What a text says.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wording {
    /// No template: braces are braces.
    Text(String),
    Template {
        template: TemplateId,
        /// Values of merge fields, without `contact.`.
        fields: BTreeMap<String, String>,
    },
}

impl std::fmt::Debug for RenderOne {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RenderOne")
            .field("message", &self.message)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OneRendered {
    Text(OneText),
    /// It cannot be written: a code of `docs/errors.md` and a sentence.
    Refused {
        code: String,
        detail: String,
    },
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct OneText {
    pub body: String,
    pub encoding: Encoding,
    /// 1 or more.
    pub segments: u8,
    /// Of the template; 0 without one.
    pub version: u32,
    /// It says how to get no more of them.
    pub opt_out_said: bool,
}

impl Payload for RenderOne {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Renderer;
    const NAME: &'static str = "render_one";
    const FORMAT: Format = Format::Json;
}

impl Query for RenderOne {
    type Answer = OneRendered;
}

/// Write these texts of templates now. Asked by dispatch for texts of flows; at most 500, and a question of about
/// 100 keeps question and answer well below what the bus takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RenderTexts {
    pub texts: Vec<TextToRender>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct TextToRender {
    pub message: MessageId,
    pub mode: Mode,
    pub template: TemplateId,
    /// `None`: the one that is published now.
    pub version: Option<u32>,
    /// Values of merge fields, without `contact.`; the contact's own fill what is left out.
    pub fields: BTreeMap<String, String>,
    pub contact: ContactId,
    /// IANA zone of the person, if it is known.
    pub zone: Option<String>,
}

impl std::fmt::Debug for TextToRender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextToRender")
            .field("message", &self.message)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub enum TextRendered {
    Text(OneText),
    /// It cannot be written; a reason of docs/reasons.md.
    Failed(Reason),
}

impl Payload for RenderTexts {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Renderer;
    const NAME: &'static str = "render_texts";
}

impl Query for RenderTexts {
    /// One entry per text asked for, in that order.
    type Answer = Vec<TextRendered>;
}

/// What would the texts of these people take on the air? Written by the code that writes real ones; short links are
/// as long as real ones and lead nowhere. Nothing is kept or passed on. At most one chunk of people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasureChunk {
    pub template: TemplateId,
    pub template_version: u32,
    /// IANA zones that [`Recipient::zone`] points into.
    pub zones: Vec<String>,
    pub field_names: Vec<String>,
    pub recipients: Vec<Recipient>,
    /// Texts wanted back in full, of the first people.
    pub samples: u8,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChunkMeasured {
    /// Of those whose text can be written.
    pub texts: Vec<TextMeasured>,
    /// Positions whose text cannot be written, by reason.
    pub failed: Vec<(Reason, Vec<u16>)>,
    pub samples: Vec<SampleText>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextMeasured {
    pub position: u16,
    pub encoding: Encoding,
    /// 1 or more.
    pub segments: u8,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleText {
    pub contact: ContactId,
    pub body: String,
}

impl std::fmt::Debug for SampleText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SampleText")
            .field("contact", &self.contact)
            .finish_non_exhaustive()
    }
}

impl Payload for MeasureChunk {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Renderer;
    const NAME: &'static str = "measure_chunk";
}

impl Query for MeasureChunk {
    type Answer = ChunkMeasured;
}
