//! What carriers said afterwards.

use serde::{Deserialize, Serialize};

use crate::chunk::Outcome;
use crate::ids::MessageId;
use crate::payload::{Format, Owner, Payload, PayloadKind};
use crate::phone::Phone;
use crate::reason::Reason;
use crate::time::UnixMillis;

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
