//! A phrase and how it is found in the words of a text.
//!
//! A phrase is a row of slots parted by spaces. A slot is `a|b|c` (one of these words), `@name` (one of the
//! words of a class), `!@name` (any word but these), `_` (any word) or `#` (a number), with `?` behind it
//! when it may be missing and `*` when it may come up to five times. `^` is the beginning of the text, `$`
//! its end.

use ahash::AHashMap;

use super::words::{NUMBER, WordId, Words};

/// A `*` ends here, so that a text cannot make the search long.
const MAX_REPEAT: usize = 5;

/// Classes of words by name.
pub(super) type Classes = AHashMap<Box<str>, Vec<WordId>>;

#[derive(Debug)]
pub(super) struct Phrase {
    slots: Vec<Slot>,
    at_start: bool,
    at_end: bool,
}

#[derive(Debug)]
struct Slot {
    words: Vec<WordId>,
    /// Any word but these; without words, any word.
    but: bool,
    min: usize,
    max: usize,
}

impl Phrase {
    /// Reads a phrase. `None` when it names a class that does not exist or has no slot.
    pub(super) fn parse(row: &str, classes: &Classes, words: &mut Words) -> Option<Self> {
        let (mut at_start, mut at_end) = (false, false);
        let mut slots = Vec::new();
        for part in row.split_whitespace() {
            match part {
                "^" => at_start = true,
                "$" => at_end = true,
                _ => slots.push(Slot::parse(part, classes, words)?),
            }
        }
        if slots.is_empty() {
            return None;
        }
        Some(Self {
            slots,
            at_start,
            at_end,
        })
    }

    /// Words this phrase can begin with; `None` when it can begin with any.
    pub(super) fn first_words(&self) -> Option<Vec<WordId>> {
        let mut first = Vec::new();
        for slot in &self.slots {
            if slot.but {
                return None;
            }
            first.extend_from_slice(&slot.words);
            if slot.min > 0 {
                break;
            }
        }
        first.sort_unstable();
        first.dedup();
        Some(first)
    }

    /// Where the phrase ends when it begins at `from`; the longest way that fits.
    pub(super) fn end_from(&self, text: &[WordId], from: usize) -> Option<usize> {
        if self.at_start && from > 0 {
            return None;
        }
        self.end_of(&self.slots, text, from)
    }

    fn end_of(&self, slots: &[Slot], text: &[WordId], at: usize) -> Option<usize> {
        let Some((slot, rest)) = slots.split_first() else {
            return (!self.at_end || at == text.len()).then_some(at);
        };
        let there = text.get(at..).unwrap_or_default();
        let fitting = there
            .iter()
            .take(slot.max)
            .take_while(|word| slot.fits(**word))
            .count();
        (slot.min..=fitting)
            .rev()
            .find_map(|taken| self.end_of(rest, text, at + taken))
    }
}

impl Slot {
    fn parse(part: &str, classes: &Classes, words: &mut Words) -> Option<Self> {
        let (part, min, max) = if let Some(part) = part.strip_suffix('?') {
            (part, 0, 1)
        } else if let Some(part) = part.strip_suffix('*') {
            (part, 0, MAX_REPEAT)
        } else {
            (part, 1, 1)
        };
        let (part, but) = match part.strip_prefix('!') {
            Some(part) => (part, true),
            None => (part, part == "_"),
        };
        let words = if part == "_" {
            Vec::new()
        } else {
            alternatives(part, classes, words)?
        };
        Some(Self {
            words,
            but,
            min,
            max,
        })
    }

    fn fits(&self, word: WordId) -> bool {
        self.words.binary_search(&word).is_ok() != self.but
    }
}

/// The words of `a|@name|#`, in order. `None` for a class that does not exist.
pub(super) fn alternatives(
    part: &str,
    classes: &Classes,
    words: &mut Words,
) -> Option<Vec<WordId>> {
    let mut ids = Vec::new();
    for alternative in part.split('|') {
        match alternative.strip_prefix('@') {
            Some(name) => ids.extend_from_slice(classes.get(name)?),
            None if alternative == "#" => ids.push(NUMBER),
            None => ids.push(words.learn(alternative)),
        }
    }
    ids.sort_unstable();
    ids.dedup();
    Some(ids)
}
