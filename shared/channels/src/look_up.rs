//! Asking a provider what became of a text. Nothing here sends anything.

use std::fmt;
use std::time::Duration;

use contract::{MessageId, Phone, UnixMillis};
use sha2::{Digest, Sha256};

use crate::provider::Receipt;

/// By what a provider finds a text that it has not named to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindBy {
    /// Our own id, which went out with the text.
    Reference,
    /// Recipient, sender, words and time; two equal texts cannot be told apart.
    Recipient,
}

impl FindBy {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Recipient => "recipient",
        }
    }
}

/// How a provider can be asked, and what its answer is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LookUp {
    /// The state of a text that the provider has named.
    pub by_id: bool,
    /// A text that it has not named; `None`: cannot be found.
    pub find_by: Option<FindBy>,
    /// Seconds after the hand-over from which on a text that is not there was surely never taken. 0: that it is not
    /// there proves nothing.
    pub complete_after_seconds: u64,
}

impl LookUp {
    /// That a text is not there is proof, so long after its hand-over.
    pub const fn is_proof(&self, after_seconds: u64) -> bool {
        self.complete_after_seconds > 0 && after_seconds >= self.complete_after_seconds
    }
}

/// Tells a text's words from others without keeping them.
pub type Fingerprint = [u8; 32];

/// Of the words without what stands around them, since providers trim.
pub fn fingerprint(body: &str) -> Fingerprint {
    Sha256::digest(body.trim()).into()
}

/// A text to be found.
#[derive(Clone, PartialEq, Eq)]
pub struct Sought {
    pub message: MessageId,
    /// Empty: the provider never told.
    pub provider_message_id: String,
    pub to: Option<Phone>,
    /// Empty: not known.
    pub from: String,
    pub fingerprint: Option<Fingerprint>,
    /// Between these it was handed over, if it was; wide enough for clocks that differ.
    pub not_before: UnixMillis,
    pub not_after: UnixMillis,
}

impl fmt::Debug for Sought {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sought")
            .field("message", &self.message)
            .field("provider_message_id", &self.provider_message_id)
            .finish_non_exhaustive()
    }
}

/// What a look-up came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// It was taken: where it stands now, once for every id that the provider has for it. More than one: the provider
    /// took it more than once.
    Taken(Vec<Receipt>),
    /// The provider has no such text. What that proves, [`LookUp::is_proof`] says.
    NotThere,
    /// The answer, or that there was none, says nothing.
    Unclear(&'static str),
    /// Asked too fast; again after this long if the provider says so.
    TooFast(Option<Duration>),
    /// There is no way to ask for this text.
    CannotAsk,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absence_proves_something_only_where_the_record_says_so_and_late_enough() {
        let never = LookUp::default();
        assert!(!never.is_proof(u64::MAX));
        let complete = LookUp {
            complete_after_seconds: 900,
            ..never
        };
        assert!(!complete.is_proof(899) && complete.is_proof(900));
    }

    #[test]
    fn words_are_told_apart_but_for_the_space_around_them() {
        assert_eq!(fingerprint("Hello "), fingerprint("Hello"));
        assert_ne!(fingerprint("Hello"), fingerprint("hello"));
    }
}
