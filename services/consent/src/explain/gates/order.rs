//! Which gates there are, and which of them a reason belongs to.

/// Every gate in the order in which it weighs.
pub const GATES: [&str; 12] = [
    "number",
    "class",
    "suppression",
    "identity",
    "consent",
    "do_not_call",
    "content",
    "expiry",
    "hours",
    "frequency",
    "carrier",
    "own_policies",
];

/// The gate that a reason belongs to.
pub(super) fn gate_of(reason: &str) -> &'static str {
    match reason {
        "INVALID_NUMBER" | "UNSUPPORTED_REGION" | "FACTS_UNAVAILABLE" => "number",
        "EMERGENCY_NOT_ATTESTED"
        | "OTP_NOT_REQUESTED"
        | "CONFIRMATION_OWNED_BY_CARRIER"
        | "CONFIRMATION_TOO_LATE"
        | "CONFIRMATION_ALREADY_SENT"
        | "REPLY_RATE_LIMITED"
        | "NO_MATCHING_PERMIT"
        | "POLICY_ERROR" => "class",
        "SUPPRESSED_HASH"
        | "PROCESSING_RESTRICTED"
        | "OPT_OUT_UNDER_REVIEW"
        | "OBJECTED"
        | "PROVIDER_BLOCKED" => "suppression",
        "NUMBER_REASSIGNED" | "REASSIGNMENT_CHECK_STALE" | "AGE_RESTRICTED" => "identity",
        "NO_CONSENT" => "consent",
        "NATIONAL_DNC" | "STATE_DNC" | "DNC_LIST_STALE" => "do_not_call",
        "CAMPAIGN_NOT_REGISTERED" | "TEMPLATE_NOT_REGISTERED" | "OPT_OUT_TEXT_MISSING" => "content",
        "MESSAGE_EXPIRED" => "expiry",
        "TIMEZONE_UNKNOWN" | "NO_SEND_DAY" | "QUIET_HOURS" | "COURTESY_HOURS" => "hours",
        "CARRIER_DAILY_CAP" | "CARRIER_RATE" => "carrier",
        _ if reason.starts_with("OPTED_OUT_") => "suppression",
        _ if reason.starts_with("CONSENT_") => "consent",
        _ if reason.starts_with("CONTENT_") => "content",
        _ if reason.starts_with("FREQUENCY_CAP_") => "frequency",
        _ => "own_policies",
    }
}
