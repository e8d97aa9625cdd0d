//! consent: the ledger of opt-ins and opt-outs, decisions, permits, and the answer to STOP.

use serde::{Deserialize, Serialize};

use crate::chunk::{ChunkHead, OutcomeGroup, Recipient, SlotRef};
use crate::class::{Class, Mode};
use crate::ids::{
    CampaignId, ConsentId, ContactId, DecisionId, InboundId, MessageId, RunId, TemplateId,
};
use crate::payload::{Format, Owner, Payload, PayloadKind, Query};
use crate::phone::Phone;
use crate::reason::Reason;
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

/// May these people be texted right now? Asked by dispatch just before hand-over, for one slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GrantPermits {
    pub slot: SlotRef,
    pub campaign: CampaignId,
    pub class: Class,
    pub programme: String,
    /// What the texts leave from: whose registration and blocks count.
    pub sender: String,
    pub template: TemplateId,
    pub mode: Mode,
    pub valid_until: UnixMillis,
    /// IANA zones that [`PermitAsk::zone`] points into.
    pub zones: Vec<String>,
    /// Who asks, and the epoch it was given by [`RegisterDispatcher`].
    pub dispatcher: String,
    pub epoch: u64,
    pub asks: Vec<PermitAsk>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PermitAsk {
    pub position: u16,
    pub contact: ContactId,
    pub phone: Phone,
    pub zone: Option<u8>,
}

/// Leave to hand over one text, once, soon. Only consent makes one (through its answer to
/// [`GrantPermits`]), and a provider takes it by value: code that skips consent does not compile.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Permit {
    message: MessageId,
    decision: DecisionId,
    /// Revision of the person's consent that the decision saw.
    revision: u32,
}

impl Permit {
    /// For the consent service alone, after the permit's row is committed.
    pub const fn issue(message: MessageId, decision: DecisionId, revision: u32) -> Self {
        Self {
            message,
            decision,
            revision,
        }
    }

    pub const fn message(&self) -> MessageId {
        self.message
    }

    pub const fn decision(&self) -> DecisionId {
        self.decision
    }

    pub const fn revision(&self) -> u32 {
        self.revision
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub enum PermitAnswer {
    /// A newer dispatcher of that name has registered: the asker must stop.
    Fenced,
    Answered {
        granted: Vec<Permit>,
        /// Milliseconds for which the granted permits may be used, from the moment the question was asked.
        good_for_ms: u32,
        /// Positions whose permit was granted to an earlier request. They are done, in flight or unknown;
        /// never to be handed over again.
        permitted_before: Vec<u16>,
        /// Denied or held just now.
        refused: Vec<OutcomeGroup>,
    },
}

impl Payload for GrantPermits {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "grant_permits";
    const VERSION: u16 = 2;
}

impl Query for GrantPermits {
    type Answer = PermitAnswer;
}

/// The outcome of every permit of these slots is durable at the dispatcher: an opt-out need not wait for them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClosePermits {
    pub dispatcher: String,
    pub epoch: u64,
    pub slots: Vec<SlotRef>,
    /// Permits of these slots whose texts surely never left: they may be granted again.
    pub returned: Vec<ReturnedPermit>,
}

/// A permit that comes back unused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedPermit {
    pub slot: SlotRef,
    pub position: u16,
    /// How many permits of this text have come back with this one. A question that is repeated or late
    /// names a number that has been, and takes nothing back.
    pub attempt: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PermitsClosed {}

impl Payload for ClosePermits {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "close_permits";
    const VERSION: u16 = 2;
}

impl Query for ClosePermits {
    type Answer = PermitsClosed;
}

/// A dispatcher starts: it gets the next epoch, its predecessors of the same name are fenced, and it
/// learns which permits they left open, to settle them as handed over (if its ledger says so) or unknown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegisterDispatcher {
    pub dispatcher: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DispatcherRegistered {
    pub epoch: u64,
    pub open: Vec<OpenSlot>,
}

/// Permits granted and not closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenSlot {
    pub tenant: crate::ids::TenantId,
    pub slot: SlotRef,
    pub campaign: CampaignId,
    /// The three lists line up.
    pub positions: Vec<u16>,
    pub contacts: Vec<ContactId>,
    pub decisions: Vec<DecisionId>,
}

impl Payload for RegisterDispatcher {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "register_dispatcher";
}

impl Query for RegisterDispatcher {
    type Answer = DispatcherRegistered;
}

/// Whether permits of a run may be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    Open,
    Paused,
    Cancelled,
}

/// Opens or shuts the gate of a run. Answered once it is committed *and* every permit of the run that was
/// open has closed: after the answer to `Paused` or `Cancelled` nothing of the run leaves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetRunGate {
    pub run: RunId,
    pub gate: Gate,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunGateSet {
    /// False when open permits had not closed within the time the answer could wait; ask again.
    pub settled: bool,
}

impl Payload for SetRunGate {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "set_run_gate";
    const FORMAT: Format = Format::Json;
}

impl Query for SetRunGate {
    type Answer = RunGateSet;
}

/// Shuts the gates of these runs for good. Answered once it is committed, with what is known of each; the reason
/// is what their texts are refused with from then on. At most 500 runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CancelRuns {
    pub runs: Vec<RunId>,
    /// Capital letters and `_`, such as `SUPERSEDED`.
    pub reason: Reason,
}

/// One entry per run asked for, in that order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunsCancelled {
    pub runs: Vec<RunCancelled>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunCancelled {
    /// Every permit of the run has closed: nothing of it leaves any more. Ask again while it is false.
    pub settled: bool,
    /// A permit of it was granted and has not come back unused. Without one nothing has left.
    pub permitted: bool,
}

impl Payload for CancelRuns {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "cancel_runs";
    const FORMAT: Format = Format::Json;
}

impl Query for CancelRuns {
    type Answer = RunsCancelled;
}

/// Something a person texted back.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    pub inbound: InboundId,
    pub contact: Option<ContactId>,
    pub from: Phone,
    /// The number or sender id it was sent to: where a confirmation comes from.
    pub to: String,
    pub text: String,
    pub received_at: UnixMillis,
    pub mode: Mode,
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply")
            .field("inbound", &self.inbound)
            .finish_non_exhaustive()
    }
}

/// Act on a reply (STOP, START, HELP). The durable way; idempotent by the inbound id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActOnReply {
    pub reply: Reply,
}

impl Payload for ActOnReply {
    const KIND: PayloadKind = PayloadKind::Command;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "act_on_reply";
    const FORMAT: Format = Format::Json;
}

/// The same, asked while the carrier still waits for its answer: when this is answered, an opt-out is
/// recorded and no permit is granted any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordReply {
    pub reply: Reply,
}

/// What the text of a reply asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keyword {
    Stop,
    Start,
    Help,
    /// No keyword: a conversation.
    None,
    /// YES to a question of ours: a double opt-in, or after an opt-out like START.
    Yes,
    /// May be an opt-out: marketing is held until a person has looked.
    Review,
}

impl Keyword {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Start => "start",
            Self::Help => "help",
            Self::None => "none",
            Self::Yes => "yes",
            Self::Review => "review",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplyRecorded {
    pub keyword: Keyword,
    /// The ledger entry, where one was made.
    pub consent: Option<ConsentId>,
}

impl Payload for RecordReply {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "record_reply";
    const FORMAT: Format = Format::Json;
}

impl Query for RecordReply {
    type Answer = ReplyRecorded;
}

/// A person opted out; no permit is granted from here on. Carries no number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OptOutRecorded {
    pub consent: ConsentId,
    pub contact: Option<ContactId>,
    /// `keyword`, `api`, …
    pub method: String,
    pub at: UnixMillis,
}

impl Payload for OptOutRecorded {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "opt_out_recorded";
    const FORMAT: Format = Format::Json;
}

/// Every permit that was open when the opt-out was recorded has closed: no hand-over begins from here on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OptOutConfirmed {
    pub consent: ConsentId,
    pub recorded_at: UnixMillis,
    pub confirmed_at: UnixMillis,
}

impl Payload for OptOutConfirmed {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "opt_out_confirmed";
    const FORMAT: Format = Format::Json;
}

/// Opt-ins were recorded (one event per request, not per person).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OptInsRecorded {
    pub count: u32,
    pub method: String,
    pub at: UnixMillis,
}

impl Payload for OptInsRecorded {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "opt_ins_recorded";
    const FORMAT: Format = Format::Json;
}

/// A carrier or provider refused a text because the person is on its own block list (such as Twilio's
/// 21610): an opt-out that our ledger may not know. Idempotent by the message.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordProviderBlock {
    pub message: MessageId,
    pub contact: Option<ContactId>,
    pub phone: Phone,
    /// The sender the block counts for.
    pub sender: String,
    pub provider: String,
    /// The provider's own code, such as `21610`.
    pub code: String,
    pub at: UnixMillis,
}

impl std::fmt::Debug for RecordProviderBlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordProviderBlock")
            .field("message", &self.message)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

impl Payload for RecordProviderBlock {
    const KIND: PayloadKind = PayloadKind::Command;
    const OWNER: Owner = Owner::Consent;
    const NAME: &'static str = "record_provider_block";
    const FORMAT: Format = Format::Json;
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
