//! Stable codes that say why a text was not sent, was held, or failed. Each has a page in `docs/reasons.md`.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A reason code such as `NO_CONSENT`. Open, because a tenant's own policies name their own reasons.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reason(pub Cow<'static, str>);

impl Reason {
    pub const OK: Self = Self(Cow::Borrowed("OK"));

    // consent: why a text may not leave, or not now
    pub const NO_CONSENT: Self = Self(Cow::Borrowed("NO_CONSENT"));
    pub const OPTED_OUT: Self = Self(Cow::Borrowed("OPTED_OUT_GLOBAL"));
    pub const QUIET_HOURS: Self = Self(Cow::Borrowed("QUIET_HOURS"));
    pub const TIMEZONE_UNKNOWN: Self = Self(Cow::Borrowed("TIMEZONE_UNKNOWN"));
    pub const POLICY_ERROR: Self = Self(Cow::Borrowed("POLICY_ERROR"));
    pub const NO_MATCHING_PERMIT: Self = Self(Cow::Borrowed("NO_MATCHING_PERMIT"));
    pub const MESSAGE_EXPIRED: Self = Self(Cow::Borrowed("MESSAGE_EXPIRED"));
    pub const CONFIRMATION_ALREADY_SENT: Self = Self(Cow::Borrowed("CONFIRMATION_ALREADY_SENT"));
    pub const CONFIRMATION_TOO_LATE: Self = Self(Cow::Borrowed("CONFIRMATION_TOO_LATE"));

    // campaigns
    pub const CAMPAIGN_PAUSED: Self = Self(Cow::Borrowed("CAMPAIGN_PAUSED"));
    pub const CAMPAIGN_CANCELLED: Self = Self(Cow::Borrowed("CAMPAIGN_CANCELLED"));
    pub const CONTACT_GONE: Self = Self(Cow::Borrowed("CONTACT_GONE"));

    // renderer
    pub const RENDER_FAILED: Self = Self(Cow::Borrowed("RENDER_FAILED"));
    pub const MERGE_FIELD_MISSING: Self = Self(Cow::Borrowed("MERGE_FIELD_MISSING"));
    pub const TEXT_TOO_LONG: Self = Self(Cow::Borrowed("TEXT_TOO_LONG"));
    pub const TEXT_EMPTY: Self = Self(Cow::Borrowed("TEXT_EMPTY"));

    // dispatch
    pub const NO_ROUTE: Self = Self(Cow::Borrowed("NO_ROUTE"));
    pub const CARRIER_REJECTED: Self = Self(Cow::Borrowed("CARRIER_REJECTED"));
    pub const CARRIER_THROTTLED: Self = Self(Cow::Borrowed("CARRIER_THROTTLED"));
    pub const OUTCOME_UNKNOWN: Self = Self(Cow::Borrowed("OUTCOME_UNKNOWN"));
    pub const PERMIT_EXPIRED: Self = Self(Cow::Borrowed("PERMIT_EXPIRED"));
    pub const UNDELIVERABLE: Self = Self(Cow::Borrowed("UNDELIVERABLE"));

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Reason {
    fn from(code: String) -> Self {
        Self(Cow::Owned(code))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
