//! Why a text did not arrive, in words that every provider's own codes are mapped to, and how sure that is.

use contract::Reason;

/// What a carrier's code means, whoever the carrier is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// The recipient's number does not exist or cannot be texted.
    Invalid,
    /// The number may be right; the handset or its network cannot be reached.
    Unreachable,
    /// The recipient, or somebody for them, blocks us: an opt-out at the carrier.
    Blocked,
    /// A filter took the text for spam or found it forbidden.
    Filtered,
    /// Too fast, or a queue or a quota is full.
    Throttled,
    /// The validity period ended before it could be delivered.
    Expired,
    /// The request itself: sender, text or a parameter.
    Refused,
    /// Our account: credentials, balance, permissions, registration.
    Account,
    /// The carrier's own trouble.
    ProviderFault,
    /// A code nobody has explained.
    Unknown,
}

impl Fault {
    pub const ALL: [Self; 10] = [
        Self::Invalid,
        Self::Unreachable,
        Self::Blocked,
        Self::Filtered,
        Self::Throttled,
        Self::Expired,
        Self::Refused,
        Self::Account,
        Self::ProviderFault,
        Self::Unknown,
    ];

    /// The word used in settings, metrics and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Unreachable => "unreachable",
            Self::Blocked => "blocked",
            Self::Filtered => "filtered",
            Self::Throttled => "throttled",
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::Account => "account",
            Self::ProviderFault => "provider_fault",
            Self::Unknown => "unknown",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.as_str() == word)
    }

    /// The reason code of a text that failed with it.
    pub const fn reason(self) -> Reason {
        match self {
            Self::Invalid => Reason::INVALID_NUMBER,
            Self::Blocked => Reason::PROVIDER_BLOCKED,
            Self::Filtered => Reason::CARRIER_FILTERED,
            Self::Throttled => Reason::CARRIER_THROTTLED,
            Self::Account => Reason::CARRIER_ACCOUNT,
            Self::Unreachable => Reason::UNREACHABLE,
            Self::Expired => Reason::DELIVERY_EXPIRED,
            Self::ProviderFault => Reason::CARRIER_FAULT,
            Self::Refused | Self::Unknown => Reason::CARRIER_REJECTED,
        }
    }

    /// The reason code of a text that the carrier took and did not deliver, for this fault.
    pub const fn receipt_reason(fault: Option<Self>) -> Reason {
        match fault {
            None | Some(Self::Unknown) => Reason::UNDELIVERABLE,
            Some(fault) => fault.reason(),
        }
    }

    /// The same text over another carrier may fare better. False where the person or the text is at fault:
    /// what a block list or a filter stopped must not be carried around it.
    pub const fn is_of_the_route(self) -> bool {
        matches!(
            self,
            Self::Throttled | Self::Account | Self::ProviderFault | Self::Unknown
        )
    }
}

/// Whether a text has left, as far as can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Certainty {
    SurelyNotSent,
    SurelySent,
    /// It may have been taken: never sent again without looking it up.
    Ambiguous,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_a_word_that_leads_back_to_it() {
        for fault in Fault::ALL {
            assert_eq!(Fault::parse(fault.as_str()), Some(fault));
        }
        assert_eq!(Fault::parse("nothing"), None);
    }

    #[test]
    fn what_a_person_or_a_filter_stopped_is_never_tried_elsewhere() {
        for fault in [
            Fault::Blocked,
            Fault::Filtered,
            Fault::Invalid,
            Fault::Expired,
            Fault::Refused,
            Fault::Unreachable,
        ] {
            assert!(!fault.is_of_the_route(), "{fault:?}");
        }
        assert!(Fault::Throttled.is_of_the_route() && Fault::Account.is_of_the_route());
    }
}
