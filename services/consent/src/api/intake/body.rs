//! One opt-in or opt-out as a caller writes it, with its evidence.

use chrono::{DateTime, Utc};
use contract::ContactId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NewAction {
    OptIn,
    OptOut,
}

/// One opt-in or opt-out.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConsent {
    /// E.164, or absent if `contact` is given.
    pub phone: Option<String>,
    #[schema(value_type = Option<String>)]
    pub contact: Option<ContactId>,
    pub action: NewAction,
    /// `default` if absent. An opt-out without a programme and scope is one of everything.
    pub programme: Option<String>,
    /// For an opt-out: `global`, `class:marketing`, `programme:<name>` or `channel:sms`.
    pub scope: Option<String>,
    /// `implied`, `soft`, `express` or `written`; if absent what the evidence carries: `written` with the
    /// disclosure text, else `express`.
    pub level: Option<String>,
    /// What it is good for: `all` (if absent), `marketing` or `informational`.
    pub purpose: Option<String>,
    /// Only `sms` so far.
    pub channel: Option<String>,
    /// How it was given, such as `web_form`, `paper_form`, `keyword`. Required for an opt-in.
    pub method: Option<String>,
    /// When the person acted; now if absent.
    pub at: Option<DateTime<Utc>>,
    /// When it ends. Implied consent ends by law, see `basis`.
    pub expires_at: Option<DateTime<Utc>>,
    /// For implied consent: `purchase`, `inquiry` or `contract`.
    pub basis: Option<String>,
    /// Texts the person and asks them to confirm; nothing is sent before they have.
    #[serde(default)]
    pub double_opt_in: bool,
    /// The sender that asks to confirm a double opt-in.
    pub sender: Option<String>,
    /// Names the act once: the same reference is recorded once.
    pub reference: Option<String>,
    /// Required for an opt-in.
    pub evidence: Option<Evidence>,
}

/// What proves it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Evidence {
    /// The words the person agreed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disclosure_text: Option<String>,
    /// Where: a URL, a shop, a list's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub form_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub screenshot_sha256: Option<String>,
    /// Of the words above, such as `en-US`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What the person did: ticked a box, signed, pressed 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub affirmative_action: Option<String>,
    /// Who recorded it: a clerk, an agent, another system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The person's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Evidence {
    pub(super) fn says_something(&self) -> bool {
        [&self.disclosure_text, &self.source, &self.form_url]
            .into_iter()
            .any(filled)
    }

    /// As it is kept, with the hash of the words agreed to beside them.
    pub(super) fn kept(&self) -> Value {
        let mut kept = serde_json::to_value(self).unwrap_or_default();
        if let (Some(text), Some(fields)) = (&self.disclosure_text, kept.as_object_mut()) {
            let hash = hex::encode(Sha256::digest(text));
            fields.insert("disclosure_sha256".to_string(), hash.into());
        }
        kept
    }
}

pub(super) fn filled(text: &Option<String>) -> bool {
    text.as_ref().is_some_and(|text| !text.trim().is_empty())
}
