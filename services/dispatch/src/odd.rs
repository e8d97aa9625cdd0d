//! Receipts that should not be: what they are, and what makes one odd.

use contract::ids::MessageId;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The provider names one text in two ways: it took it twice.
    SecondId,
    /// It came through another provider account than the one that the text went to.
    OtherAccount,
}

impl Kind {
    /// As it stands in the table, in answers and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SecondId => "second_id",
            Self::OtherAccount => "other_account",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Odd {
    pub message: MessageId,
    pub kind: Kind,
    /// The account that it came through.
    pub provider: String,
    pub provider_message_id: String,
    pub at: i64,
}

impl Odd {
    /// Counts it, and says so.
    pub fn count(&self) {
        let name = match self.kind {
            Kind::SecondId => "dispatch_taken_twice_total",
            Kind::OtherAccount => "dispatch_receipts_of_other_accounts_total",
        };
        metrics::counter!(name, "provider" => self.provider.clone()).increment(1);
        tracing::warn!(
            message = %self.message,
            provider = self.provider,
            kind = self.kind.as_str(),
            "a receipt that should not be"
        );
    }
}

/// What is odd about a receipt that found no text by its id, though it names our own id of one. `provider` and `id` as
/// they were at the text's hand-over; an empty id was never told.
pub fn judge((came_through, names): (&str, &str), (provider, id): (&str, &str)) -> Option<Kind> {
    if provider.is_empty() {
        return None;
    }
    if came_through != provider {
        return Some(Kind::OtherAccount);
    }
    (!id.is_empty() && !names.is_empty() && id != names).then_some(Kind::SecondId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_odd_for_its_account_or_for_its_id() {
        for (receipt, text, odd) in [
            (("a", "1"), ("a", "1"), None),
            (("a", "2"), ("a", "1"), Some(Kind::SecondId)),
            (("b", "1"), ("a", "1"), Some(Kind::OtherAccount)),
            (("a", "1"), ("a", ""), None),
            (("a", ""), ("a", "1"), None),
            (("a", "1"), ("", ""), None),
        ] {
            assert_eq!(judge(receipt, text), odd, "{receipt:?} {text:?}");
        }
    }
}
