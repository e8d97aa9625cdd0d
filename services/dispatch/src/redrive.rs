//! Which texts of the API may go out again in a new one. Pure.
//!
//! Only where it is sure that the person did not get it, and where nobody said that they should not: what is unknown may
//! have arrived, what a filter stopped or its recipient blocks must not be carried around that, and a number that cannot
//! be texted is no better the next time.

use contract::Reason;
use contract::chunk::Outcome;

/// Why a text is not redriven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Not {
    /// It has not failed (yet).
    NotFailed,
    /// It may have arrived.
    InDoubt,
    /// It would fail again, or should.
    Cause,
}

/// Causes for which a new text may fare better. In each the text has surely not left, or the carrier says that it
/// surely did not arrive.
const CAUSES: [Reason; 13] = [
    Reason::CARRIER_THROTTLED,
    Reason::CARRIER_FAULT,
    Reason::CARRIER_ACCOUNT,
    Reason::CARRIER_REJECTED,
    Reason::NO_ROUTE,
    Reason::PERMIT_EXPIRED,
    Reason::NOT_TAKEN,
    Reason::UNREACHABLE,
    Reason::DELIVERY_EXPIRED,
    Reason::SPEND_CAP,
    Reason::PRICE_UNKNOWN,
    Reason::COUNTRY_NOT_ALLOWED,
    Reason::VELOCITY_LIMIT,
];

/// Whether a text that stands like this may be redriven.
pub fn may(outcome: Outcome, reason: &Reason) -> Result<(), Not> {
    let arrived_not = [Reason::UNREACHABLE, Reason::DELIVERY_EXPIRED];
    match outcome {
        Outcome::Expired => Ok(()),
        Outcome::Failed if CAUSES.contains(reason) => Ok(()),
        Outcome::Undelivered if arrived_not.contains(reason) => Ok(()),
        Outcome::Failed | Outcome::Undelivered | Outcome::Suppressed | Outcome::Cancelled => {
            Err(Not::Cause)
        }
        Outcome::Unknown => Err(Not::InDoubt),
        Outcome::Pending | Outcome::Held | Outcome::HandedOver | Outcome::Delivered => {
            Err(Not::NotFailed)
        }
    }
}

/// Whether a text that stands like this at hand-over may come to be redriven, so that number and words are kept.
pub fn may_come(outcome: Outcome, reason: &Reason) -> bool {
    matches!(outcome, Outcome::Unknown | Outcome::HandedOver) || may(outcome, reason).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_surely_did_not_arrive_for_a_cause_that_may_pass_is_redriven() {
        for (outcome, reason, expected) in [
            (Outcome::Failed, Reason::CARRIER_FAULT, Ok(())),
            (Outcome::Failed, Reason::NOT_TAKEN, Ok(())),
            (Outcome::Expired, Reason::MESSAGE_EXPIRED, Ok(())),
            (Outcome::Undelivered, Reason::UNREACHABLE, Ok(())),
            (Outcome::Undelivered, Reason::DELIVERY_EXPIRED, Ok(())),
            (Outcome::Undelivered, Reason::UNDELIVERABLE, Err(Not::Cause)),
            (Outcome::Undelivered, Reason::CARRIER_FAULT, Err(Not::Cause)),
            (Outcome::Failed, Reason::PROVIDER_BLOCKED, Err(Not::Cause)),
            (Outcome::Failed, Reason::CARRIER_FILTERED, Err(Not::Cause)),
            (Outcome::Failed, Reason::INVALID_NUMBER, Err(Not::Cause)),
            (Outcome::Suppressed, Reason::NO_CONSENT, Err(Not::Cause)),
            (Outcome::Unknown, Reason::OUTCOME_UNKNOWN, Err(Not::InDoubt)),
            (Outcome::HandedOver, Reason::OK, Err(Not::NotFailed)),
            (Outcome::Delivered, Reason::OK, Err(Not::NotFailed)),
            (Outcome::Held, Reason::QUIET_HOURS, Err(Not::NotFailed)),
        ] {
            assert_eq!(may(outcome, &reason), expected, "{outcome:?} {reason:?}");
        }
    }

    #[test]
    fn what_is_unknown_is_never_redriven_whatever_its_reason() {
        for reason in CAUSES {
            assert_eq!(may(Outcome::Unknown, &reason), Err(Not::InDoubt));
            assert_eq!(may(Outcome::HandedOver, &reason), Err(Not::NotFailed));
        }
    }

    #[test]
    fn words_are_kept_only_where_they_may_be_needed() {
        assert!(may_come(Outcome::Unknown, &Reason::OUTCOME_UNKNOWN));
        assert!(may_come(Outcome::HandedOver, &Reason::OK));
        for (outcome, reason) in [
            (Outcome::Suppressed, Reason::NO_CONSENT),
            (Outcome::Cancelled, Reason::CANCELLED_BY_CALLER),
            (Outcome::Failed, Reason::PROVIDER_BLOCKED),
        ] {
            assert!(!may_come(outcome, &reason), "{outcome:?}");
        }
    }
}
