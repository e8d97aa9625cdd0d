//! The words: opt-out, opt-in, help and yes in many languages, and where they stand in a text.

use std::sync::LazyLock;

use ahash::{AHashMap, AHashSet};

use super::normalise::normalise;

/// `family,language,word,verified`. Families: `opt_out` (also makes a sentence a review), `opt_out_alone`
/// (an everyday word, only as the whole text), `opt_out_all`, `opt_in`, `help`, `yes`, `courtesy` (may stand
/// around a stop word), `instruction` (what people copy from "reply STOP to end"). `verified`: the word is in
/// a law, a carrier's or a provider's list; the rest is ours, on the side of opting out.
const KEYWORDS: &str = include_str!("../../data/keywords.csv");

/// Words in the longest courtesy ("sent from my iphone").
const MAX_COURTESY_WORDS: usize = 4;
/// Words in the longest stop word that is looked for among other words.
pub(super) const MAX_STOP_WORDS: usize = 2;

static BUILT_IN: LazyLock<Keywords> = LazyLock::new(|| Keywords::from_rows(KEYWORDS));

/// The words of the built-in families and those a tenant has added.
#[derive(Debug, Clone, Default)]
pub struct Keywords {
    pub(super) stop: AHashMap<Box<str>, StopWord>,
    /// Stop words of scripts that write no spaces, looked for anywhere in a text.
    stop_unspaced: Vec<Box<str>>,
    pub(super) start: AHashSet<Box<str>>,
    pub(super) help: AHashSet<Box<str>>,
    pub(super) yes: AHashSet<Box<str>>,
    courtesy: AHashSet<Box<str>>,
    pub(super) instruction: AHashSet<Box<str>>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct StopWord {
    pub(super) everything: bool,
    in_sentence: bool,
}

impl Keywords {
    /// The built-in words.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// The built-in words and more. A built-in word keeps its meaning: an added opt-in word that is an
    /// opt-out word stays an opt-out. Added words count as whole texts only.
    pub fn with(extra_stop: &[String], extra_start: &[String], extra_help: &[String]) -> Self {
        let mut keywords = Self::built_in().clone();
        for word in extra_stop {
            keywords.add("opt_out_alone", word);
        }
        for word in extra_start {
            keywords.add("opt_in", word);
        }
        for word in extra_help {
            keywords.add("help", word);
        }
        keywords
    }

    fn from_rows(rows: &str) -> Self {
        let mut keywords = Self::default();
        for row in rows.lines().skip(1) {
            let mut fields = row.split(',');
            if let (Some(family), Some(_), Some(word)) =
                (fields.next(), fields.next(), fields.next())
            {
                keywords.add(family, word);
            }
        }
        keywords
    }

    fn add(&mut self, family: &str, word: &str) {
        let spaced = normalise(word);
        let joined: Box<str> = spaced.replace(' ', "").into();
        if joined.is_empty() {
            return;
        }
        match family {
            "opt_out" => self.add_stop(&spaced, joined, false, true),
            "opt_out_all" => self.add_stop(&spaced, joined, true, true),
            "opt_out_alone" => self.add_stop(&spaced, joined, false, false),
            "opt_in" => {
                self.start.insert(spaced.into());
                self.start.insert(joined);
            }
            "help" => drop(self.help.insert(joined)),
            "yes" => drop(self.yes.insert(joined)),
            "courtesy" => drop(self.courtesy.insert(spaced.into())),
            "instruction" => drop(self.instruction.insert(spaced.into())),
            _ => {}
        }
    }

    fn add_stop(&mut self, spaced: &str, joined: Box<str>, everything: bool, in_sentence: bool) {
        if in_sentence && joined.chars().all(|c| c >= '\u{2e80}') {
            self.stop_unspaced.push(joined.clone());
        }
        let word = StopWord {
            everything,
            in_sentence,
        };
        for spelling in [spaced.into(), joined] {
            let known = self.stop.entry(spelling).or_insert(word);
            known.in_sentence |= in_sentence;
        }
    }

    /// A normalised text without the courtesies before and after it; the text itself when it is nothing else.
    pub(super) fn without_courtesy<'a>(&self, plain: &'a str) -> &'a str {
        let mut asked = plain;
        while let Some(words) = prefixes(asked, MAX_COURTESY_WORDS)
            .rev()
            .find(|words| self.courtesy.contains(*words))
        {
            asked = asked.get(words.len()..).unwrap_or_default().trim_start();
        }
        while let Some(words) = suffixes(asked, MAX_COURTESY_WORDS)
            .rev()
            .find(|words| self.courtesy.contains(*words))
        {
            let left = asked.len() - words.len();
            asked = asked.get(..left).unwrap_or_default().trim_end();
        }
        if asked.is_empty() { plain } else { asked }
    }

    /// Whether a sentence is a word that, as a sentence of its own, can only mean the messages; "Cancel." and
    /// "End." can be about something else.
    pub(super) fn is_plain_stop(&self, sentence: &str) -> bool {
        matches!(
            self.without_courtesy(sentence),
            "stop" | "stopall" | "stop all" | "unsubscribe" | "optout" | "opt out"
        )
    }

    /// Whether a stop word stands anywhere in a normalised sentence.
    pub(super) fn has_stop_word(&self, plain: &str) -> bool {
        let mut rest = plain;
        while !rest.is_empty() {
            let known = prefixes(rest, MAX_STOP_WORDS)
                .any(|words| self.stop.get(words).is_some_and(|stop| stop.in_sentence));
            if known {
                return true;
            }
            rest = rest.split_once(' ').map_or("", |(_, rest)| rest);
        }
        !plain.is_ascii()
            && self
                .stop_unspaced
                .iter()
                .any(|word| plain.contains(&**word))
    }
}

/// The first one, two, … words of a text.
pub(super) fn prefixes(text: &str, most: usize) -> impl DoubleEndedIterator<Item = &str> {
    let spaces = text.match_indices(' ').map(|(at, _)| at);
    let ends = spaces.chain((!text.is_empty()).then_some(text.len()));
    let (places, count) = first_places(ends, most);
    let places = places.into_iter().take(count);
    places.filter_map(|end| text.get(..end))
}

/// The last one, two, … words of a text.
fn suffixes(text: &str, most: usize) -> impl DoubleEndedIterator<Item = &str> {
    let spaces = text.rmatch_indices(' ').map(|(at, _)| at + 1);
    let starts = spaces.chain((!text.is_empty()).then_some(0));
    let (places, count) = first_places(starts, most);
    let places = places.into_iter().take(count);
    places.filter_map(|start| text.get(start..))
}

/// Up to `most` places and how many there are; on the stack, because this is asked for every word.
fn first_places(
    places: impl Iterator<Item = usize>,
    most: usize,
) -> ([usize; MAX_COURTESY_WORDS], usize) {
    let mut first = [0; MAX_COURTESY_WORDS];
    let mut count = 0;
    for (slot, place) in first.iter_mut().zip(places.take(most)) {
        *slot = place;
        count += 1;
    }
    (first, count)
}

/// The rows of the data file.
#[cfg(test)]
pub(super) fn rows() -> impl Iterator<Item = &'static str> {
    KEYWORDS.lines().skip(1)
}
