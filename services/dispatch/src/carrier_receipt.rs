//! A receipt on its way to the text that it is about.

use channels::Fault;
use contract::Phone;
use contract::chunk::Outcome;
use contract::dispatch::ProviderReceipt;
use contract::ids::MessageId;

/// A receipt as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierReceipt {
    pub provider_message_id: String,
    /// Our own id of the text, where the carrier brings it back.
    pub reference: Option<MessageId>,
    pub outcome: Outcome,
    pub code: String,
    /// What the code means; `None` while all is well.
    pub fault: Option<Fault>,
    /// The person blocks this sender at the carrier.
    pub block: Option<(Phone, String)>,
    pub at: i64,
}

impl From<channels::Receipt> for CarrierReceipt {
    fn from(receipt: channels::Receipt) -> Self {
        let blocked = receipt.fault == Some(Fault::Blocked);
        Self {
            provider_message_id: receipt.provider_message_id,
            reference: receipt.reference,
            outcome: receipt.outcome,
            code: receipt.code,
            fault: receipt.fault,
            block: receipt.to.zip(receipt.from).filter(|_| blocked),
            at: receipt.at.0,
        }
    }
}

impl From<ProviderReceipt> for CarrierReceipt {
    fn from(receipt: ProviderReceipt) -> Self {
        Self {
            provider_message_id: receipt.provider_message_id,
            reference: receipt.reference,
            outcome: receipt.outcome,
            code: receipt.code,
            fault: receipt.fault.as_deref().and_then(Fault::parse),
            block: receipt.block.map(|block| (block.phone, block.sender)),
            at: receipt.at.0,
        }
    }
}

/// A receipt whose text is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    pub provider: String,
    pub receipt: CarrierReceipt,
    pub received_at: i64,
    /// The text of another provider account that has this id or reference.
    pub foreign_to: Option<MessageId>,
}
