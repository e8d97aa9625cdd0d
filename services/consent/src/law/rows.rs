//! The rows of the law files under `data/law/`: parameters with their dates and sources, no code.

use chrono::NaiveDate;
use contract::Class;
use serde::{Deserialize, Deserializer, Serialize, de};

use super::level::Level;
use super::region::Region;
use crate::window::Window;

/// A region, or everywhere that has no row of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Elsewhere,
    In(Region),
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "*" {
            return Ok(Self::Elsewhere);
        }
        Region::parse(&text)
            .map(Self::In)
            .ok_or_else(|| de::Error::custom(format!("{text:?} is no region")))
    }
}

/// Which reading of United States law is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// The states' table within 9:00–20:00 (Sunday 12:00–20:00), three texts a day and topic nationwide.
    #[default]
    UsStrict,
    /// The states' table alone.
    UsByState,
}

impl Profile {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UsStrict => "us_strict",
            Self::UsByState => "us_by_state",
        }
    }
}

/// A day's hours, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayHours(pub Option<Window>);

impl<'de> Deserialize<'de> for DayHours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "none" {
            return Ok(Self(None));
        }
        Window::parse_clock(&text)
            .map(|window| Self(Some(window)))
            .ok_or_else(|| {
                de::Error::custom(format!(
                    "{text:?} is no window; \"08:00-21:00\" and \"none\" would be"
                ))
            })
    }
}

/// When a row is in force; dates are the recipient's local ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct InForce {
    pub effective_from: NaiveDate,
    /// The first day it no longer counts.
    pub effective_until: Option<NaiveDate>,
}

impl InForce {
    pub fn on(&self, day: NaiveDate) -> bool {
        self.effective_from <= day && self.effective_until.is_none_or(|until| day < until)
    }
}

/// Hours of the local day in which texts of these classes may arrive.
#[derive(Debug, Clone, Deserialize)]
pub struct HoursRow {
    pub id: String,
    pub region: Place,
    pub classes: Vec<Class>,
    pub reason: String,
    pub profile: Option<Profile>,
    pub weekday: DayHours,
    pub saturday: DayHours,
    pub sunday: DayHours,
    pub holiday: Option<DayHours>,
    /// Which set of holidays.
    pub holidays: Option<Region>,
    #[serde(flatten)]
    pub in_force: InForce,
    pub source: String,
    pub verified: bool,
    #[serde(default)]
    pub note: String,
}

/// How many texts of one topic a person may get in a rolling span.
#[derive(Debug, Clone, Deserialize)]
pub struct CapRow {
    pub id: String,
    pub region: Place,
    pub classes: Vec<Class>,
    pub profile: Option<Profile>,
    pub count: u8,
    pub hours: u16,
    /// An established business relationship lifts it.
    #[serde(default)]
    pub ebr_exempt: bool,
    #[serde(flatten)]
    pub in_force: InForce,
    pub source: String,
    pub verified: bool,
    #[serde(default)]
    pub note: String,
}

/// The lowest level of consent that is enough.
#[derive(Debug, Clone, Deserialize)]
pub struct ConsentRow {
    pub id: String,
    pub region: Place,
    pub classes: Vec<Class>,
    pub level: Level,
    #[serde(flatten)]
    pub in_force: InForce,
    pub source: String,
    pub verified: bool,
    #[serde(default)]
    pub note: String,
}

/// How long a consent lasts that nobody gave in so many words.
#[derive(Debug, Clone, Deserialize)]
pub struct ExpiryRow {
    pub id: String,
    pub region: Place,
    /// `purchase`, `inquiry`, `contract` or `any`.
    pub basis: String,
    pub months: u32,
    #[serde(flatten)]
    pub in_force: InForce,
    pub source: String,
    pub verified: bool,
    #[serde(default)]
    pub note: String,
}

/// How long a purchase or an inquiry makes a business relationship.
#[derive(Debug, Clone, Deserialize)]
pub struct EbrRow {
    pub id: String,
    pub region: Place,
    pub purchase_months: u32,
    pub inquiry_months: u32,
    #[serde(flatten)]
    pub in_force: InForce,
    pub source: String,
    pub verified: bool,
    #[serde(default)]
    pub note: String,
}

/// A do-not-call list that binds marketing.
#[derive(Debug, Clone, Deserialize)]
pub struct DncRow {
    pub id: String,
    pub region: Place,
    /// The list's name, such as `us_national`.
    pub list: String,
    /// A copy older than this proves nothing.
    pub max_age_days: u16,
    /// The level of consent that lifts it, or `never`.
    pub lifted_by: String,
    pub reason: String,
    #[serde(flatten)]
    pub in_force: InForce,
    pub source: String,
    pub verified: bool,
    #[serde(default)]
    pub note: String,
}

/// Where a number must be checked against the reassigned numbers database.
#[derive(Debug, Clone, Deserialize)]
pub struct ReassignedRow {
    pub id: String,
    pub region: Place,
    pub max_age_days: u16,
    pub required: bool,
    #[serde(flatten)]
    pub in_force: InForce,
    pub source: String,
    pub verified: bool,
    #[serde(default)]
    pub note: String,
}

/// What must be registered with carriers or a registry before a text leaves.
#[derive(Debug, Clone, Deserialize)]
pub struct RegistrationRow {
    pub id: String,
    pub region: Place,
    pub classes: Vec<Class>,
    /// `campaign` or `template`.
    pub kind: String,
    pub reason: String,
    #[serde(flatten)]
    pub in_force: InForce,
    pub source: String,
    pub verified: bool,
    #[serde(default)]
    pub note: String,
}

/// The legal limit for honouring a revocation. We honour it at once; this is what is reported against.
#[derive(Debug, Clone, Deserialize)]
pub struct OptOutRow {
    pub id: String,
    pub region: Place,
    pub business_days: u16,
    #[serde(flatten)]
    pub in_force: InForce,
    pub source: String,
    pub verified: bool,
    #[serde(default)]
    pub note: String,
}

/// Texts that need no consent, within limits.
#[derive(Debug, Clone, Deserialize)]
pub struct ExemptionRow {
    pub id: String,
    pub region: Place,
    /// `healthcare`, `financial` or `delivery`.
    pub name: String,
    pub per_day: Option<u8>,
    pub per_week: Option<u8>,
    pub per_event: Option<u8>,
    pub event_days: Option<u8>,
    pub max_chars: Option<u16>,
    #[serde(flatten)]
    pub in_force: InForce,
    pub source: String,
    pub verified: bool,
    #[serde(default)]
    pub note: String,
}

/// A date on which the law changes its mind.
#[derive(Debug, Clone, Deserialize)]
pub struct SwitchRow {
    pub id: String,
    pub date: NaiveDate,
    pub source: String,
    pub verified: bool,
    #[serde(default)]
    pub note: String,
}

/// One file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LawFile {
    pub version: String,
    pub hours: Vec<HoursRow>,
    pub cap: Vec<CapRow>,
    pub consent: Vec<ConsentRow>,
    pub expiry: Vec<ExpiryRow>,
    pub ebr: Vec<EbrRow>,
    pub dnc: Vec<DncRow>,
    pub reassigned: Vec<ReassignedRow>,
    pub registration: Vec<RegistrationRow>,
    pub opt_out: Vec<OptOutRow>,
    pub exemption: Vec<ExemptionRow>,
    #[serde(rename = "switch")]
    pub switches: Vec<SwitchRow>,
}
