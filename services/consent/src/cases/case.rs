//! The words of a case.

use chrono::{DateTime, NaiveDate, Utc};
use contract::Class;
use serde::Deserialize;

use crate::law::{Level, Profile, Region};
use crate::papers::{ConfirmOwner, Exemption};
use crate::standing::Purpose;

/// What became of the person's consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    #[default]
    Active,
    /// Double opt-in asked for and not confirmed.
    PendingDoi,
    Revoked,
    Expired,
}

/// One case. Everything but `id`, `exp`, `regions`, `zones`, `utc` and `cls` may be absent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub id: String,
    #[serde(default)]
    pub note: String,
    #[serde(default, rename = "src")]
    pub source: String,
    /// `ALLOW`, `DENY` or `DEFER`, and the reason.
    #[serde(rename = "exp")]
    pub expected: (String, String),
    /// Reasons that must be among those against, besides the one that is told.
    #[serde(default)]
    pub also: Vec<String>,
    /// When a deferred text may go.
    pub until: Option<DateTime<Utc>>,
    #[serde(default = "by_state")]
    pub profile: Profile,
    pub regions: Vec<Region>,
    pub zones: Vec<String>,
    pub utc: DateTime<Utc>,
    #[serde(rename = "cls")]
    pub class: Class,
    /// What the text leaves from.
    #[serde(default = "long_code")]
    pub sender: String,
    /// False: only the simulated carrier gets it.
    #[serde(default = "yes")]
    pub live: bool,
    /// The level of the person's consent.
    #[serde(default)]
    pub consent: Level,
    #[serde(default)]
    pub consent_state: ConsentState,
    #[serde(default)]
    pub consent_expired: bool,
    /// The programme the consent is for; that of the text if absent.
    pub consent_program: Option<String>,
    /// What the consent is good for.
    #[serde(default)]
    pub purpose: Purpose,
    pub program: Option<String>,
    /// The proof is there.
    pub evidence: Option<bool>,
    /// The terms of a soft opt-in are met.
    pub soft_ok: Option<bool>,
    /// `global`, `marketing`, `program:X`, `channel`, `pending_free_text`, `pending_clarification`,
    /// `provider`, `provider:SENDER`, `erased`, `restricted`, `objected` or `reassigned`; several with commas.
    pub suppr: Option<String>,
    #[serde(default)]
    pub dnc: bool,
    #[serde(default)]
    pub dnc_state: bool,
    /// How old the copies of the do-not-call lists are.
    #[serde(default)]
    pub lists_age_days: u64,
    /// A purchase three months ago.
    #[serde(default)]
    pub ebr: bool,
    pub purchase_months: Option<u32>,
    pub inquiry_months: Option<u32>,
    #[serde(default)]
    pub sent_same_topic_24h: u8,
    #[serde(default)]
    pub sent_7d: u8,
    /// Texts of the case's own class within the last half hour.
    #[serde(default)]
    pub sent_class_1h: u8,
    pub tenant_cap_7d: Option<u8>,
    #[serde(default)]
    pub carrier_cap: bool,
    pub campaign_registered: Option<bool>,
    pub template_registered: Option<bool>,
    #[serde(default)]
    pub content_promo: bool,
    #[serde(default)]
    pub content_prohibited: bool,
    #[serde(default)]
    pub opt_out_text_missing: bool,
    #[serde(default)]
    pub urgent: bool,
    #[serde(default)]
    pub emergency_attested: bool,
    /// An exemption of 47 CFR 64.1200(a)(9) that the campaign claims, and whether the tenant allows any.
    pub exemption: Option<Exemption>,
    #[serde(default = "yes")]
    pub exemptions: bool,
    /// The person asked for the password or began the conversation.
    #[serde(default)]
    pub requested: bool,
    /// The check for reassignment is a year old, where one is asked for: the person is then in Maine besides.
    #[serde(default)]
    pub rnd_stale: bool,
    /// The check said that the number changed hands.
    #[serde(default)]
    pub rnd_yes: bool,
    pub age: Option<u8>,
    /// The campaign's own lowest age.
    pub minimum_age: Option<u8>,
    pub not_after: Option<DateTime<Utc>>,
    /// Holidays besides those of the tables; they count for every set.
    #[serde(default)]
    pub holidays: Vec<NaiveDate>,
    /// Seconds since the opt-out that is confirmed.
    pub age_s: Option<i64>,
    #[serde(default)]
    pub confirm_owner: ConfirmOwner,
    #[serde(default)]
    pub confirmation_sent: bool,
    /// False: the number is none that can exist.
    #[serde(default = "yes")]
    pub number_valid: bool,
    /// Where the person stands cannot be read.
    #[serde(default)]
    pub unavailable: bool,
}

const fn by_state() -> Profile {
    Profile::UsByState
}

fn long_code() -> String {
    "+15005550100".to_string()
}

const fn yes() -> bool {
    true
}

/// What a case came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// `ALLOW`, `DENY` or `DEFER`.
    pub effect: String,
    pub reason: String,
    /// All reasons against, the weightiest first.
    pub reasons: Vec<String>,
    /// When a deferred text may go.
    pub until: Option<DateTime<Utc>>,
    /// Ids of the policies that decided it.
    pub policies: Vec<String>,
}

impl Case {
    /// The outcome is the one that the case asks for.
    pub fn passes(&self, outcome: &Outcome) -> bool {
        (&self.expected.0, &self.expected.1) == (&outcome.effect, &outcome.reason)
            && self
                .also
                .iter()
                .all(|reason| outcome.reasons.contains(reason))
            && self.until.is_none_or(|until| outcome.until == Some(until))
    }
}
