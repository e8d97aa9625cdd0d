//! Opt-outs and opt-ins that were recorded, and blocks that a provider keeps.

use serde::{Deserialize, Serialize};

use crate::ids::{ConsentId, ContactId, MessageId};
use crate::payload::{Format, Owner, Payload, PayloadKind};
use crate::phone::Phone;
use crate::time::UnixMillis;

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
