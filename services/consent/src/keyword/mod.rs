//! What a reply asks for: an opt-out, an opt-in, help, a yes, or nothing of the kind. Pure.
//!
//! 47 CFR 64.1200(a)(10): a person may opt out "by any reasonable means"; stop, quit, end, revoke, opt out,
//! cancel and unsubscribe always count, other words count when a reasonable person would read them so.
//! CTIA Messaging Principles 5.1.3: case, punctuation and small variations make no difference.
//!
//! - [`normalise`]: one spelling for what people type.
//! - [`families`]: the words, in `data/keywords.csv`; [`whole`]: texts that are nothing but such a word.
//! - [`words`], [`phrase`]: the vocabulary of the phrases and how one is found in a text.
//! - [`free_text`]: the phrases, in `data/opt_out_phrases.csv`, and which of them count.
//! - [`sentences`]: a text of several sentences.
//! - [`review`]: texts a person has to look at.

mod families;
mod free_text;
mod normalise;
mod phrase;
mod review;
mod sentences;
#[cfg(test)]
mod tests;
mod whole;
mod words;

pub use families::Keywords;

use normalise::normalise;

/// What a reply asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// An opt-out that is certain enough to act on.
    Stop(Stop),
    Start,
    Help,
    /// A yes. What it answers is for the caller to know: a double opt-in, an appointment, nothing.
    Yes,
    /// May be an opt-out: marketing is held until a person has looked.
    Review {
        /// A stable code: `keyword_in_sentence`, `question`, `negated`, `conditional`, `hypothetical`,
        /// `statement`, `other_matter`, `abuse`, `complaint`, `not_interested`, `maybe_wrong_number`,
        /// `unclear`, `stop_sign`, `quoted`.
        why: &'static str,
    },
    None,
}

/// How an opt-out was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    pub matched_by: MatchedBy,
    /// The words ask for everything to end (STOPALL, free text, "remove my number"), not only for what the
    /// message was about.
    pub everything: bool,
    /// "Wrong number": the holder may have changed.
    pub wrong_number: bool,
}

/// What made a text an opt-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchedBy {
    /// The text is a stop word and nothing else.
    Keyword,
    /// The text says it in its own words.
    FreeText,
}

impl MatchedBy {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keyword => "keyword",
            Self::FreeText => "free_text",
        }
    }
}

/// Whether an opt-out may have been meant for an appointment. It is an opt-out all the same: "cancel" always counts.
pub fn may_mean_an_appointment(text: &str) -> bool {
    let plain = normalise(text);
    let mut words = plain.split(' ');
    words.any(|word| {
        ["cancel", "annul", "iptal"]
            .iter()
            .any(|stem| word.starts_with(stem))
    })
}

/// Reads a reply with the built-in words. See [`read_with`].
pub fn read(text: &str) -> Reading {
    read_with(Keywords::built_in(), text)
}

/// Reads the first 1,600 characters of a reply. When in doubt between an opt-out and something else it is
/// an opt-out; when in doubt between a conversation and an opt-out it is a review.
pub fn read_with(keywords: &Keywords, text: &str) -> Reading {
    let plain = normalise(text);
    if plain.is_empty() {
        return review::of_signs(text);
    }
    if let Some(quoted) = review::quoted_by_reaction(text) {
        return review::of_reaction(keywords, quoted);
    }
    if let Some(reading) = keywords.whole(&plain) {
        return reading;
    }
    let asked = keywords.without_courtesy(&plain);
    let found = free_text::find(asked);
    if let Some(stop) = found.stop {
        return Reading::Stop(stop);
    }
    match review::of_sentence(keywords, text, asked, &found) {
        Reading::Review { why } => {
            sentences::stop_in(keywords, text).map_or(Reading::Review { why }, Reading::Stop)
        }
        other => other,
    }
}
