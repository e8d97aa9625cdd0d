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

    // consent: why a text may leave, may not, or not now
    pub const OK_REPLY: Self = Self(Cow::Borrowed("OK_REPLY"));
    pub const OK_EMERGENCY: Self = Self(Cow::Borrowed("OK_EMERGENCY"));
    pub const INVALID_NUMBER: Self = Self(Cow::Borrowed("INVALID_NUMBER"));
    pub const UNSUPPORTED_REGION: Self = Self(Cow::Borrowed("UNSUPPORTED_REGION"));
    pub const OPTED_OUT_GLOBAL: Self = Self(Cow::Borrowed("OPTED_OUT_GLOBAL"));
    pub const OPTED_OUT_CLASS: Self = Self(Cow::Borrowed("OPTED_OUT_CLASS"));
    pub const OPTED_OUT_PROGRAM: Self = Self(Cow::Borrowed("OPTED_OUT_PROGRAM"));
    pub const OPTED_OUT_CHANNEL: Self = Self(Cow::Borrowed("OPTED_OUT_CHANNEL"));
    pub const OPTED_OUT_PENDING_CLARIFICATION: Self =
        Self(Cow::Borrowed("OPTED_OUT_PENDING_CLARIFICATION"));
    pub const OPT_OUT_UNDER_REVIEW: Self = Self(Cow::Borrowed("OPT_OUT_UNDER_REVIEW"));
    pub const PROVIDER_BLOCKED: Self = Self(Cow::Borrowed("PROVIDER_BLOCKED"));
    pub const SUPPRESSED_HASH: Self = Self(Cow::Borrowed("SUPPRESSED_HASH"));
    pub const PROCESSING_RESTRICTED: Self = Self(Cow::Borrowed("PROCESSING_RESTRICTED"));
    pub const OBJECTED: Self = Self(Cow::Borrowed("OBJECTED"));
    pub const NUMBER_REASSIGNED: Self = Self(Cow::Borrowed("NUMBER_REASSIGNED"));
    pub const REASSIGNMENT_CHECK_STALE: Self = Self(Cow::Borrowed("REASSIGNMENT_CHECK_STALE"));
    pub const AGE_RESTRICTED: Self = Self(Cow::Borrowed("AGE_RESTRICTED"));
    pub const NO_CONSENT: Self = Self(Cow::Borrowed("NO_CONSENT"));
    pub const CONSENT_LEVEL_TOO_LOW: Self = Self(Cow::Borrowed("CONSENT_LEVEL_TOO_LOW"));
    pub const CONSENT_SCOPE_MISMATCH: Self = Self(Cow::Borrowed("CONSENT_SCOPE_MISMATCH"));
    pub const CONSENT_PENDING_CONFIRMATION: Self =
        Self(Cow::Borrowed("CONSENT_PENDING_CONFIRMATION"));
    pub const CONSENT_EXPIRED: Self = Self(Cow::Borrowed("CONSENT_EXPIRED"));
    pub const CONSENT_EVIDENCE_MISSING: Self = Self(Cow::Borrowed("CONSENT_EVIDENCE_MISSING"));
    pub const NATIONAL_DNC: Self = Self(Cow::Borrowed("NATIONAL_DNC"));
    pub const STATE_DNC: Self = Self(Cow::Borrowed("STATE_DNC"));
    pub const DNC_LIST_STALE: Self = Self(Cow::Borrowed("DNC_LIST_STALE"));
    pub const CAMPAIGN_NOT_REGISTERED: Self = Self(Cow::Borrowed("CAMPAIGN_NOT_REGISTERED"));
    pub const TEMPLATE_NOT_REGISTERED: Self = Self(Cow::Borrowed("TEMPLATE_NOT_REGISTERED"));
    pub const CONTENT_NOT_ALLOWED_FOR_CLASS: Self =
        Self(Cow::Borrowed("CONTENT_NOT_ALLOWED_FOR_CLASS"));
    pub const CONTENT_PROHIBITED: Self = Self(Cow::Borrowed("CONTENT_PROHIBITED"));
    pub const OPT_OUT_TEXT_MISSING: Self = Self(Cow::Borrowed("OPT_OUT_TEXT_MISSING"));
    pub const EMERGENCY_NOT_ATTESTED: Self = Self(Cow::Borrowed("EMERGENCY_NOT_ATTESTED"));
    pub const OTP_NOT_REQUESTED: Self = Self(Cow::Borrowed("OTP_NOT_REQUESTED"));
    pub const CONFIRMATION_TOO_LATE: Self = Self(Cow::Borrowed("CONFIRMATION_TOO_LATE"));
    pub const CONFIRMATION_ALREADY_SENT: Self = Self(Cow::Borrowed("CONFIRMATION_ALREADY_SENT"));
    pub const CONFIRMATION_OWNED_BY_CARRIER: Self =
        Self(Cow::Borrowed("CONFIRMATION_OWNED_BY_CARRIER"));
    pub const REPLY_RATE_LIMITED: Self = Self(Cow::Borrowed("REPLY_RATE_LIMITED"));
    pub const MESSAGE_EXPIRED: Self = Self(Cow::Borrowed("MESSAGE_EXPIRED"));
    pub const TIMEZONE_UNKNOWN: Self = Self(Cow::Borrowed("TIMEZONE_UNKNOWN"));
    pub const NO_SEND_DAY: Self = Self(Cow::Borrowed("NO_SEND_DAY"));
    pub const QUIET_HOURS: Self = Self(Cow::Borrowed("QUIET_HOURS"));
    pub const COURTESY_HOURS: Self = Self(Cow::Borrowed("COURTESY_HOURS"));
    pub const FREQUENCY_CAP_LAW: Self = Self(Cow::Borrowed("FREQUENCY_CAP_LAW"));
    pub const FREQUENCY_CAP_EXEMPTION: Self = Self(Cow::Borrowed("FREQUENCY_CAP_EXEMPTION"));
    pub const FREQUENCY_CAP_TENANT: Self = Self(Cow::Borrowed("FREQUENCY_CAP_TENANT"));
    pub const CARRIER_DAILY_CAP: Self = Self(Cow::Borrowed("CARRIER_DAILY_CAP"));
    pub const FACTS_UNAVAILABLE: Self = Self(Cow::Borrowed("FACTS_UNAVAILABLE"));
    pub const POLICY_ERROR: Self = Self(Cow::Borrowed("POLICY_ERROR"));
    pub const NO_MATCHING_PERMIT: Self = Self(Cow::Borrowed("NO_MATCHING_PERMIT"));

    // campaigns
    pub const CAMPAIGN_PAUSED: Self = Self(Cow::Borrowed("CAMPAIGN_PAUSED"));
    pub const CAMPAIGN_CANCELLED: Self = Self(Cow::Borrowed("CAMPAIGN_CANCELLED"));
    pub const CONTACT_GONE: Self = Self(Cow::Borrowed("CONTACT_GONE"));
    pub const HOLDOUT: Self = Self(Cow::Borrowed("HOLDOUT"));
    pub const WINNER_PENDING: Self = Self(Cow::Borrowed("WINNER_PENDING"));
    pub const NO_WINNER: Self = Self(Cow::Borrowed("NO_WINNER"));
    pub const PAST_LOCAL_TIME: Self = Self(Cow::Borrowed("PAST_LOCAL_TIME"));
    pub const OUTSIDE_WINDOW: Self = Self(Cow::Borrowed("OUTSIDE_WINDOW"));
    pub const SUPERSEDED: Self = Self(Cow::Borrowed("SUPERSEDED"));
    pub const CANCELLED: Self = Self(Cow::Borrowed("CANCELLED"));

    // renderer
    pub const RENDER_FAILED: Self = Self(Cow::Borrowed("RENDER_FAILED"));
    pub const MERGE_FIELD_MISSING: Self = Self(Cow::Borrowed("MERGE_FIELD_MISSING"));
    pub const MERGE_FIELD_INVALID: Self = Self(Cow::Borrowed("MERGE_FIELD_INVALID"));
    pub const TEXT_TOO_LONG: Self = Self(Cow::Borrowed("TEXT_TOO_LONG"));
    pub const TEXT_EMPTY: Self = Self(Cow::Borrowed("TEXT_EMPTY"));

    // dispatch
    pub const NOT_BEFORE: Self = Self(Cow::Borrowed("NOT_BEFORE"));
    pub const NO_ROUTE: Self = Self(Cow::Borrowed("NO_ROUTE"));
    pub const CARRIER_REJECTED: Self = Self(Cow::Borrowed("CARRIER_REJECTED"));
    pub const CARRIER_FILTERED: Self = Self(Cow::Borrowed("CARRIER_FILTERED"));
    pub const CARRIER_ACCOUNT: Self = Self(Cow::Borrowed("CARRIER_ACCOUNT"));
    pub const CARRIER_THROTTLED: Self = Self(Cow::Borrowed("CARRIER_THROTTLED"));
    pub const OUTCOME_UNKNOWN: Self = Self(Cow::Borrowed("OUTCOME_UNKNOWN"));
    pub const CANCELLED_BY_CALLER: Self = Self(Cow::Borrowed("CANCELLED_BY_CALLER"));
    pub const PERMIT_EXPIRED: Self = Self(Cow::Borrowed("PERMIT_EXPIRED"));
    pub const OPERATOR_PAUSED: Self = Self(Cow::Borrowed("OPERATOR_PAUSED"));
    pub const OPERATOR_PURGED: Self = Self(Cow::Borrowed("OPERATOR_PURGED"));
    pub const PACE_QUEUE: Self = Self(Cow::Borrowed("PACE_QUEUE"));
    pub const CARRIER_FAULT: Self = Self(Cow::Borrowed("CARRIER_FAULT"));
    pub const NOT_TAKEN: Self = Self(Cow::Borrowed("NOT_TAKEN"));
    pub const UNREACHABLE: Self = Self(Cow::Borrowed("UNREACHABLE"));
    pub const DELIVERY_EXPIRED: Self = Self(Cow::Borrowed("DELIVERY_EXPIRED"));
    pub const UNDELIVERABLE: Self = Self(Cow::Borrowed("UNDELIVERABLE"));

    // money, in dispatch
    pub const SPEND_CAP: Self = Self(Cow::Borrowed("SPEND_CAP"));
    pub const PRICE_UNKNOWN: Self = Self(Cow::Borrowed("PRICE_UNKNOWN"));
    pub const COUNTRY_NOT_ALLOWED: Self = Self(Cow::Borrowed("COUNTRY_NOT_ALLOWED"));
    pub const VELOCITY_LIMIT: Self = Self(Cow::Borrowed("VELOCITY_LIMIT"));

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
