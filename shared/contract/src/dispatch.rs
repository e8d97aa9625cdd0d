//! dispatch: how a text leaves, and what the carrier said.

use serde::{Deserialize, Serialize};

use crate::chunk::{ChunkHead, Encoding, Outcome, SlotRef, Text};
use crate::class::{Class, Mode};
use crate::ids::{CampaignId, ContactId, DecisionId, MessageId, RunId, SenderPoolId};
use crate::payload::{Format, Owner, Payload, PayloadKind, Query};
use crate::phone::Phone;
use crate::reason::Reason;
use crate::texts::Origin;
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

/// The same for texts of every class but marketing: people wait for them, so they do not stand behind campaigns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SendUrgentChunk {
    pub head: ChunkHead,
    pub texts: Vec<Text>,
}

impl Payload for SendUrgentChunk {
    const KIND: PayloadKind = PayloadKind::Command;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "send_urgent_chunk";
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

/// Receipts and what look-ups found, after folding by rank: each message appears at most once per state. Handed over and
/// failed are said of texts alone that were unknown: the provider has them after all, or surely never took them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReceiptsRecorded {
    pub items: Vec<Receipt>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    pub message: MessageId,
    pub outcome: Outcome,
    /// `OK`, or what the carrier's code means; `UNDELIVERABLE` where it gave none.
    pub reason: Reason,
    pub at: UnixMillis,
}

impl Payload for ReceiptsRecorded {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "receipts_recorded";
}

/// Texts whose hand-over was [`Outcome::Unknown`] until a receipt named them. Said besides [`ReceiptsRecorded`], in
/// the same commit, for those who count hand-overs and not receipts: of all receipts only these, which are
/// rare, change what a campaign is told to have handed over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnknownSettled {
    /// Where each text stands now: above [`Outcome::Unknown`].
    pub items: Vec<Receipt>,
}

impl Payload for UnknownSettled {
    const KIND: PayloadKind = PayloadKind::Event;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "unknown_settled";
    const FORMAT: Format = Format::Json;
}

/// Fold these receipts, which a provider brought by webhook, into the states of their texts. inbound has made
/// sure that they are the provider's own. Of no single tenant: whose the texts are is dispatch's to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordReceipts {
    pub provider: String,
    pub receipts: Vec<ProviderReceipt>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ProviderReceipt {
    pub provider_message_id: String,
    /// Our own id of the text, where the provider brings it back.
    pub reference: Option<MessageId>,
    /// Delivered, undelivered, or handed over while it is on its way.
    pub outcome: Outcome,
    /// In the provider's own words.
    pub code: String,
    /// What the code means (`invalid`, `unreachable`, `filtered`, …); nothing while all is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The person blocks this sender at the provider.
    pub block: Option<ProviderBlock>,
    pub at: UnixMillis,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ProviderBlock {
    pub phone: Phone,
    pub sender: String,
}

impl std::fmt::Debug for ProviderReceipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderReceipt")
            .field("provider_message_id", &self.provider_message_id)
            .field("outcome", &self.outcome)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

impl Payload for RecordReceipts {
    const KIND: PayloadKind = PayloadKind::Command;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "record_receipts";
    const FORMAT: Format = Format::Json;
}

/// A provider brought a person's text by webhook. Answered once it is recorded by the tenant it belongs to
/// (an opt-out in it included), or parked where nobody is known to use the number.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct TakeReply {
    pub provider: String,
    pub provider_message_id: String,
    pub from: Phone,
    pub to: String,
    pub text: String,
}

impl std::fmt::Debug for TakeReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TakeReply")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyTaken {}

impl Payload for TakeReply {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "take_reply";
    const FORMAT: Format = Format::Json;
}

impl Query for TakeReply {
    type Answer = ReplyTaken;
}

/// What do you know of this text, which came by the API on its own or from a flow? Asked by analytics, which hears of a text
/// only once it is settled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindSend {
    pub message: MessageId,
}

/// A text of the API or of a flow, as dispatch has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SendFound {
    /// Pending (accepted, nothing decided), held, or what became of it at hand-over.
    pub outcome: Outcome,
    pub reason: Reason,
    /// For [`Outcome::Held`]: when it is tried again.
    pub until: Option<UnixMillis>,
    pub contact: Option<ContactId>,
    pub decision: Option<DecisionId>,
    pub segments: u8,
    pub accepted_at: UnixMillis,
    /// The flow it belongs to; `None`: it came by the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

impl Payload for FindSend {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "find_send";
    const FORMAT: Format = Format::Json;
}

impl Query for FindSend {
    /// `None`: no such text of this tenant, or it came from a campaign.
    type Answer = Option<SendFound>;
}

/// A person is erased: what stands under this number goes, as far as it proves nothing. Runs twice without harm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ForgetPerson {
    pub phone: Phone,
}

impl Payload for ForgetPerson {
    const KIND: PayloadKind = PayloadKind::Command;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "forget_person";
    const FORMAT: Format = Format::Json;
}

/// Which sender pool of this tenant and mode has this name? Asked before a campaign that leaves from it is saved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindSenderPool {
    /// Without `pool:`.
    pub name: String,
    pub mode: Mode,
}

impl Payload for FindSenderPool {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "find_sender_pool";
    const FORMAT: Format = Format::Json;
}

impl Query for FindSenderPool {
    /// `None`: there is none.
    type Answer = Option<SenderPoolId>;
}

/// Which way would these texts go now, what would they cost, and how fast may they leave? Nothing is sent, counted or
/// remembered. At most one chunk of people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    pub campaign: CampaignId,
    pub class: Class,
    /// A sender, or `pool:<name>`.
    pub sender: String,
    pub mode: Mode,
    /// Whose prices are in force then.
    pub at: UnixMillis,
    pub texts: Vec<TextForecast>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextForecast {
    pub position: u16,
    pub contact: ContactId,
    pub phone: Phone,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecasted {
    pub ways: Vec<Way>,
    /// Positions that would not leave, by reason.
    pub refused: Vec<(Reason, Vec<u16>)>,
}

/// Texts that go the same way at the same price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Way {
    /// Name of the route; that of the provider where no route was written down.
    pub route: String,
    pub provider: String,
    /// Two letters; `None`: of no known country.
    pub country: Option<String>,
    pub operator: Option<String>,
    /// Of one segment; `None`: nobody has written a price down.
    pub price: Option<SegmentPrice>,
    /// Every limit that these texts draw from.
    pub limits: Vec<PaceLimit>,
    pub positions: Vec<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentPrice {
    /// Millionths of the currency's unit.
    pub micros: i64,
    /// ISO 4217.
    pub currency: String,
}

/// A limit that several ways may share: it is the same where level and name are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaceLimit {
    /// `lane`, `registration`, `campaign`, `tenant`, `provider` or `global`.
    pub level: String,
    pub name: String,
    /// 0: no limit.
    pub segments_per_second: f64,
    /// Segments a day, in days of US Pacific time.
    pub per_day: Option<u64>,
}

impl Payload for Forecast {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "forecast";
}

impl Query for Forecast {
    type Answer = Forecasted;
}

/// What have the texts of this run cost? Asked by campaigns, whose envelopes bound it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpendOf {
    pub run: RunId,
}

/// What stands in the ledger with a price. Texts under way and texts without a price are not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpendFound {
    /// One for each currency.
    pub amounts: Vec<Spent>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// ISO 4217.
    pub currency: String,
    /// In millionths of the currency's unit.
    pub micros: u64,
}

impl Payload for SpendOf {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "spend_of";
    const FORMAT: Format = Format::Json;
}

impl Query for SpendOf {
    type Answer = SpendFound;
}

/// Which texts of these chunks of a run did a carrier take and not deliver? Asked by campaigns before they are retried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UndeliveredOf {
    pub run: RunId,
    /// First and last chunk asked about.
    pub first: u32,
    pub last: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndeliveredFound {
    /// Chunks with such texts, in ascending order.
    pub chunks: Vec<UndeliveredChunk>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndeliveredChunk {
    pub chunk: u32,
    pub positions: Vec<u16>,
}

impl Payload for UndeliveredOf {
    const KIND: PayloadKind = PayloadKind::Query;
    const OWNER: Owner = Owner::Dispatch;
    const NAME: &'static str = "undelivered_of";
    const FORMAT: Format = Format::Json;
}

impl Query for UndeliveredOf {
    type Answer = UndeliveredFound;
}
