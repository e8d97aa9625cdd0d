//! Papers: what a tenant declares of its campaigns, senders and templates that the law or carriers ask for.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who answers a STOP from this sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConfirmOwner {
    #[default]
    Platform,
    /// The provider answers by itself.
    Provider,
    /// The network does, as for toll-free numbers.
    Network,
}

/// Of a sender.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SenderPapers {
    /// The carriers' registration (10DLC campaign id, toll-free verification, short code), if there is one.
    pub registration: Option<String>,
    /// The last day on which it counts.
    pub registered_until: Option<NaiveDate>,
    pub confirm_owner: ConfirmOwner,
    /// Texts a day that the carriers take of this sender's brand; counted in days of US Pacific time.
    pub daily_cap: Option<u32>,
    /// Programmes it sends for; a carrier's block then ends them.
    pub programmes: Vec<String>,
}

impl SenderPapers {
    pub fn is_registered(&self, day: NaiveDate) -> bool {
        self.registration.is_some() && self.registered_until.is_none_or(|until| day <= until)
    }
}

/// Somebody vouches that a campaign is about health or safety (47 CFR 64.1200(f)(4)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// Name and role of who vouches.
    pub by: String,
    /// What for.
    pub statement: String,
}

/// An exemption of 47 CFR 64.1200(a)(9): no consent needed, within its limits, if free to the recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exemption {
    Healthcare,
    Financial,
    Delivery,
}

impl Exemption {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthcare => "healthcare",
            Self::Financial => "financial",
            Self::Delivery => "delivery",
        }
    }
}

/// Of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CampaignPapers {
    pub attestation: Option<Attestation>,
    pub exemption: Option<Exemption>,
    /// The lowest age of recipients, as for alcohol; unknown ages are then refused.
    pub minimum_age: Option<u8>,
    /// Passes the courtesy hours, not those of the law.
    pub urgent: bool,
    /// Content that carriers refuse altogether.
    pub prohibited_content: bool,
}

/// Of a template.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TemplatePapers {
    /// Its id in a registry, as India's DLT asks for.
    pub registration: Option<String>,
    /// It holds an offer, whatever its class says.
    pub promotional: bool,
    /// It lacks the way to opt out that its law asks for.
    pub opt_out_text_missing: bool,
}

/// What the renderer reads in the texts of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ContentPapers {
    /// Some text does not say how to get no more of them.
    pub opt_out_text_missing: bool,
}

/// All that concern one text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Papers {
    pub campaign: CampaignPapers,
    pub sender: SenderPapers,
    pub template: TemplatePapers,
}
