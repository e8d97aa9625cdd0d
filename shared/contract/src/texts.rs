//! Texts that a flow sends to one person: an appointment's reminder, a step of a journey, a try of a campaign.
//!
//! campaigns offers them (`accept_texts`), dispatch makes them its own (`texts_accepted`) and takes them through
//! the same gate and lanes as the texts of the API. What becomes of them is said as of any other text.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::class::{Class, Mode};
use crate::ids::{ContactId, MessageId, TemplateId};
use crate::payload::{Owner, Payload, PayloadKind};
use crate::time::UnixMillis;

/// Texts in one command at most.
pub const MOST_TEXTS: usize = 500;

/// What kind of flow a text belongs to. The order is part of the wire form; new kinds come last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OriginKind {
    /// A reminder of an appointment, or a notice about it.
    Appointment,
    /// A step of a run of a journey.
    Journey,
    /// A campaign's text, sent to somebody who wants to see it.
    CampaignTest,
}

impl OriginKind {
    pub const ALL: [Self; 3] = [Self::Appointment, Self::Journey, Self::CampaignTest];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Appointment => "appointment",
            Self::Journey => "journey",
            Self::CampaignTest => "campaign_test",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What a text belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin {
    pub kind: OriginKind,
    /// The id of the appointment, the journey's run or the campaign, as people see it (`cmp_…`).
    pub id: String,
}

/// One text of a flow, before it is written.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct FlowText {
    /// Drawn by the flow: position 0 of chunk 0 of a run of its own. The same id is the same text, however often
    /// it is offered.
    pub message: MessageId,
    pub origin: Origin,
    pub contact: ContactId,
    pub class: Class,
    /// The programme the consent is for.
    pub programme: String,
    /// Number or name that the recipient sees.
    pub sender: String,
    pub template: TemplateId,
    /// `None`: the version that is published when the text is written.
    pub template_version: Option<u32>,
    /// Values of merge fields, without `contact.`; the contact's own fill what is left out.
    pub vars: BTreeMap<String, String>,
    pub mode: Mode,
    /// Not before this instant; `None`: at once.
    pub not_before: Option<UnixMillis>,
    /// After this instant it may not be handed over.
    pub valid_until: UnixMillis,
}

impl std::fmt::Debug for FlowText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FlowText")
            .field("message", &self.message)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

/// Make these texts yours: write them, and hand them over when they may leave. At most [`MOST_TEXTS`].
/// Offered again until [`TextsAccepted`] names them; a repetition changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AcceptTexts {
    pub texts: Vec<FlowText>,
}

impl Payload for AcceptTexts {
    const KIND: PayloadKind = PayloadKind::Command;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "accept_texts";
}

/// These texts have rows at dispatch: whatever becomes of each of them will be said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextsAccepted {
    pub messages: Vec<MessageId>,
    pub at: UnixMillis,
}

impl Payload for TextsAccepted {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "texts_accepted";
}

/// Look at these texts now instead of at the instant they are held until: their gate was shut meanwhile, and
/// that should be seen. Names that dispatch does not know, or has settled, are left alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecheckTexts {
    pub messages: Vec<MessageId>,
}

impl Payload for RecheckTexts {
    const KIND: PayloadKind = PayloadKind::Command;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "recheck_texts";
}
