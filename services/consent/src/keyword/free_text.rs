//! Opt-outs in a person's own words, and what takes the certainty from one ("don't stop", "until Monday").

use std::sync::LazyLock;

use super::normalise::normalise;
use super::phrase::{Classes, Phrase, alternatives};
use super::words::{WordId, Words};
use super::{MatchedBy, Stop};

/// `reads_as,language,phrase`, see [`super::phrase`] for how a phrase is written. `class` gives words a name,
/// `stop` and `wrong_number` are opt-outs, `guard_<code>` makes the opt-out it overlaps a review,
/// `review_<code>` is a review by itself. A phrase that begins with `~` is text of a script without spaces
/// and is looked for anywhere. A class comes before its use.
const PHRASES: &str = include_str!("../../data/opt_out_phrases.csv");

static BUILT_IN: LazyLock<Phrases> = LazyLock::new(|| Phrases::from_rows(PHRASES));

/// What the phrases found in a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// An opt-out that no guard has touched.
    pub(super) stop: Option<Stop>,
    /// An opt-out was there, but a guard has touched it.
    pub(super) doubted: bool,
    /// The code of the first guard.
    pub(super) guard: Option<&'static str>,
    /// The code of the first phrase that is a review by itself.
    pub(super) review: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReadsAs {
    Stop { wrong_number: bool },
    Guard(&'static str),
    Review(&'static str),
}

#[derive(Debug)]
struct Phrases {
    words: Words,
    phrases: Vec<(ReadsAs, Phrase)>,
    /// Places in `phrases` by the word a phrase can begin with.
    by_first: Vec<Vec<u16>>,
    unspaced: Vec<(ReadsAs, String)>,
}

#[derive(Debug, Clone, Copy)]
struct Hit {
    reads_as: ReadsAs,
    from: usize,
    end: usize,
}

/// Looks for the phrases in a normalised text.
pub(super) fn find(plain: &str) -> Found {
    BUILT_IN.find(plain)
}

impl Phrases {
    fn from_rows(rows: &'static str) -> Self {
        let mut words = Words::new();
        let mut classes = Classes::new();
        let (mut phrases, mut unspaced) = (Vec::new(), Vec::new());
        for row in rows.lines().skip(1) {
            let mut fields = row.splitn(3, ',');
            let (Some(kind), Some(name), Some(row)) = (fields.next(), fields.next(), fields.next())
            else {
                continue;
            };
            if kind == "class" {
                if let Some(ids) = alternatives(row, &classes, &mut words) {
                    classes.insert(name.into(), ids);
                }
            } else if let Some(reads_as) = ReadsAs::parse(kind) {
                if let Some(text) = row.strip_prefix('~') {
                    unspaced.push((reads_as, normalise(text).replace(' ', "")));
                } else if let Some(phrase) = Phrase::parse(row, &classes, &mut words) {
                    phrases.push((reads_as, phrase));
                }
            }
        }
        let by_first = by_first(&phrases, words.count());
        Self {
            words,
            phrases,
            by_first,
            unspaced,
        }
    }

    fn find(&self, plain: &str) -> Found {
        let hits = self.hits(&self.words.of(plain));
        let mut found = Found::default();
        for hit in &hits {
            match hit.reads_as {
                ReadsAs::Stop { .. } if hits.iter().any(|guard| guard.takes(hit)) => {
                    found.doubted = true;
                }
                ReadsAs::Stop { wrong_number } => found.add_stop(wrong_number),
                ReadsAs::Guard(code) => found.guard = found.guard.or(Some(code)),
                ReadsAs::Review(code) => found.review = found.review.or(Some(code)),
            }
        }
        if !plain.is_ascii() {
            self.find_unspaced(plain, &mut found);
        }
        found
    }

    fn hits(&self, text: &[WordId]) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (from, word) in text.iter().enumerate() {
            let Some(places) = self.by_first.get(usize::from(*word)) else {
                continue;
            };
            for place in places {
                let Some((reads_as, phrase)) = self.phrases.get(usize::from(*place)) else {
                    continue;
                };
                if let Some(end) = phrase.end_from(text, from) {
                    hits.push(Hit {
                        reads_as: *reads_as,
                        from,
                        end,
                    });
                }
            }
        }
        hits
    }

    fn find_unspaced(&self, plain: &str, found: &mut Found) {
        let joined = plain.replace(' ', "");
        for (reads_as, text) in &self.unspaced {
            if joined.contains(text.as_str()) {
                match reads_as {
                    ReadsAs::Stop { wrong_number } => found.add_stop(*wrong_number),
                    ReadsAs::Guard(code) | ReadsAs::Review(code) => {
                        found.review = found.review.or(Some(code));
                    }
                }
            }
        }
    }
}

impl Found {
    fn add_stop(&mut self, wrong_number: bool) {
        let before = self.stop.is_some_and(|stop| stop.wrong_number);
        self.stop = Some(Stop {
            matched_by: MatchedBy::FreeText,
            everything: true,
            wrong_number: before || wrong_number,
        });
    }
}

impl Hit {
    /// Whether this is a guard that takes the certainty from an opt-out: the two share words, and the
    /// opt-out does not say the guard's words itself ("why won't you stop" holds "won't stop").
    fn takes(&self, stop: &Hit) -> bool {
        let overlaps = self.from < stop.end && stop.from < self.end;
        let held = stop.from <= self.from && self.end <= stop.end;
        matches!(self.reads_as, ReadsAs::Guard(_)) && overlaps && !held
    }
}

impl ReadsAs {
    fn parse(kind: &'static str) -> Option<Self> {
        match kind {
            "stop" => Some(Self::Stop {
                wrong_number: false,
            }),
            "wrong_number" => Some(Self::Stop { wrong_number: true }),
            _ => kind
                .strip_prefix("guard_")
                .map(Self::Guard)
                .or_else(|| kind.strip_prefix("review_").map(Self::Review)),
        }
    }
}

fn by_first(phrases: &[(ReadsAs, Phrase)], words: usize) -> Vec<Vec<u16>> {
    let mut table = vec![Vec::new(); words];
    for (place, (_, phrase)) in (0u16..).zip(phrases) {
        match phrase.first_words() {
            Some(first) => {
                for word in first {
                    if let Some(places) = table.get_mut(usize::from(word)) {
                        places.push(place);
                    }
                }
            }
            None => table.iter_mut().for_each(|places| places.push(place)),
        }
    }
    table
}

/// Whether every phrase of the data file is in use; one is not when it names a class or a kind that does
/// not exist.
#[cfg(test)]
pub(super) fn every_phrase_is_read() -> bool {
    let rows = PHRASES.lines().skip(1);
    let phrases = rows.filter(|row| !row.starts_with("class,")).count();
    phrases == BUILT_IN.phrases.len() + BUILT_IN.unspaced.len()
}
