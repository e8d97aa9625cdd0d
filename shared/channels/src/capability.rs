//! What a provider can promise; routing and the reconciler of `unknown` texts go by it.

use crate::look_up::LookUp;

/// How a text of which nobody knows whether it was taken can be told from one that was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idempotency {
    /// Not at all: sending again may text twice.
    None,
    /// The provider takes a key with the request, and the same key is carried out once. It forgets keys
    /// after `good_for_seconds`.
    Key { good_for_seconds: u64 },
    /// The text carries our reference, which comes back with its receipts.
    ClientReference,
}

/// One provider's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    pub idempotency: Idempotency,
    /// Receipts name our message besides the provider's id, so that they find a text whose submit was
    /// never answered.
    pub receipts_carry_reference: bool,
    /// A validity period is passed on.
    pub validity: bool,
    /// Receipts and replies come over the same link as texts; otherwise by webhook.
    pub brings_by_link: bool,
    /// Seconds a text may stay with the carrier at most; 0 where no limit is known.
    pub longest_validity_seconds: u64,
    /// How it can be asked what became of a text.
    pub look_up: LookUp,
}

impl Idempotency {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Key { .. } => "key",
            Self::ClientReference => "client_reference",
        }
    }

    /// An ambiguous text may be sent again `after_seconds` its first attempt without texting twice. A
    /// minute is kept free at the end, because clocks differ.
    pub const fn may_resend(self, after_seconds: u64) -> bool {
        match self {
            Self::Key { good_for_seconds } => after_seconds + 60 < good_for_seconds,
            Self::None | Self::ClientReference => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_key_that_is_still_remembered_allows_sending_again() {
        let key = Idempotency::Key {
            good_for_seconds: 3600,
        };
        assert!(key.may_resend(600));
        assert!(!key.may_resend(3560) && !key.may_resend(7200));
        assert!(!Idempotency::None.may_resend(0));
        assert!(!Idempotency::ClientReference.may_resend(0));
    }
}
