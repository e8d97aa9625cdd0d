//! Texts that may be an opt-out: a stop word in a sentence, an opt-out with a condition, a reaction.

use super::free_text::Found;
use super::normalise::{MAX_CHARACTERS, normalise};
use super::{Keywords, Reading};

/// Signs that say "stop" without a word.
const STOP_SIGNS: [char; 4] = ['\u{1f6d1}', '\u{1f6ab}', '\u{26d4}', '\u{1f515}'];

/// What phones write before the quoted text when a person reacts to a message.
const REACTIONS: [&str; 13] = [
    "liked",
    "loved",
    "disliked",
    "laughed at",
    "emphasized",
    "emphasised",
    "questioned",
    "reacted to",
    "removed a like from",
    "removed a heart from",
    "removed a laugh from",
    "removed an exclamation from",
    "removed a dislike from",
];

const QUESTION_WORDS: [&str; 22] = [
    "what", "when", "where", "who", "why", "how", "which", "is", "are", "does", "do", "did", "can",
    "could", "would", "will", "should", "cuando", "quand", "quando", "wann", "wanneer",
];

/// A text without words: a stop sign asks for a look, other signs ask for nothing.
pub(super) fn of_signs(text: &str) -> Reading {
    if text
        .chars()
        .take(MAX_CHARACTERS)
        .any(|c| STOP_SIGNS.contains(&c))
    {
        Reading::Review { why: "stop_sign" }
    } else {
        Reading::None
    }
}

/// The text a phone quotes in a reaction (`Liked "Reply STOP to end"`): our own words, not the person's.
pub(super) fn quoted_by_reaction(text: &str) -> Option<&str> {
    let text = text.trim();
    let inner = text.strip_suffix(['"', '\u{201d}'])?;
    let (head, quoted) = inner.split_once(['"', '\u{201c}'])?;
    let said = normalise(head);
    let emoji = said == "to" && !head.is_ascii();
    (emoji || REACTIONS.contains(&said.as_str())).then_some(quoted)
}

/// A reaction asks for nothing, unless what it quotes is a stop word alone, as only a person writes it.
pub(super) fn of_reaction(keywords: &Keywords, quoted: &str) -> Reading {
    let plain = normalise(quoted);
    match keywords.whole(&plain) {
        Some(Reading::Stop(_)) if !plain.contains(' ') => Reading::Review { why: "quoted" },
        _ => Reading::None,
    }
}

/// A sentence that is no certain opt-out.
pub(super) fn of_sentence(keywords: &Keywords, text: &str, asked: &str, found: &Found) -> Reading {
    let stop_word = keywords.has_stop_word(asked);
    let why = if found.doubted || (stop_word && found.guard.is_some()) {
        found.guard
    } else if found.review.is_some() {
        found.review
    } else if stop_word && is_question(text, asked) {
        Some("question")
    } else {
        stop_word.then_some("keyword_in_sentence")
    };
    why.map_or(Reading::None, |why| Reading::Review { why })
}

fn is_question(text: &str, asked: &str) -> bool {
    let first = asked.split(' ').next().unwrap_or(asked);
    text.chars()
        .take(MAX_CHARACTERS)
        .any(|c| matches!(c, '?' | '\u{bf}' | '\u{61f}' | '\u{ff1f}'))
        || QUESTION_WORDS.contains(&first)
}
