//! Asked before a campaign is launched: its pool of senders, which way its texts would go, and at what price.

use serde::{Deserialize, Serialize};

use crate::class::{Class, Mode};
use crate::ids::{CampaignId, ContactId, SenderPoolId};
use crate::payload::{Format, Owner, Payload, PayloadKind, Query};
use crate::phone::Phone;
use crate::reason::Reason;
use crate::time::UnixMillis;

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
