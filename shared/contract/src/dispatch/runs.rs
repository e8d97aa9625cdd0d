//! What is known of the texts of a run: what they cost, and which were not delivered.

use serde::{Deserialize, Serialize};

use crate::ids::RunId;
use crate::payload::{Format, Owner, Payload, PayloadKind, Query};

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
