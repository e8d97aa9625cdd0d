//! A text of several sentences, one of which is an opt-out: "I am sick of this. STOP."

use super::free_text;
use super::normalise::{MAX_CHARACTERS, normalise};
use super::{Keywords, MatchedBy, Stop};

/// The opt-out in one of the sentences of a text. `None` when there is none, or only one sentence.
pub(super) fn stop_in(keywords: &Keywords, text: &str) -> Option<Stop> {
    let end = text
        .char_indices()
        .nth(MAX_CHARACTERS)
        .map_or(text.len(), |(at, _)| at);
    let text = text.get(..end).unwrap_or(text);
    let sentences: Vec<String> = text
        .split(ends_sentence)
        .map(normalise)
        .filter(|sentence| !sentence.is_empty())
        .collect();
    if sentences.len() < 2 {
        return None;
    }
    sentences
        .iter()
        .find_map(|sentence| stop_of(keywords, sentence))
}

fn stop_of(keywords: &Keywords, sentence: &str) -> Option<Stop> {
    if keywords.is_plain_stop(sentence) {
        return Some(Stop {
            matched_by: MatchedBy::FreeText,
            everything: true,
            wrong_number: false,
        });
    }
    free_text::find(keywords.without_courtesy(sentence)).stop
}

fn ends_sentence(c: char) -> bool {
    matches!(
        c,
        '.' | '!' | '?' | ';' | '\n' | '\u{2026}' | '\u{3002}' | '\u{ff01}' | '\u{ff1f}'
    )
}
