//! Texts that are a word of a family and nothing else.

use super::families::{MAX_STOP_WORDS, StopWord, prefixes};
use super::{Keywords, MatchedBy, Reading, Stop};

/// Bytes of the longest text that is compared without its spaces.
const MAX_JOINED: usize = 96;

impl Keywords {
    /// Reads a normalised text that is a word of a family and nothing else; opt-out goes before all others.
    pub(super) fn whole(&self, plain: &str) -> Option<Reading> {
        let joined = joined(plain);
        if let Some(everything) = self.stops(plain, joined.as_deref()) {
            return Some(keyword(MatchedBy::Keyword, everything));
        }
        let asked = self.without_courtesy(plain);
        if asked.len() < plain.len() && self.stops(asked, self::joined(asked).as_deref()).is_some()
        {
            return Some(keyword(MatchedBy::FreeText, true));
        }
        if let Some(word) = joined.as_deref() {
            if self.help.contains(word) {
                return Some(Reading::Help);
            }
            if self.starts(plain, word) {
                return Some(Reading::Start);
            }
            if self.yes.contains(word) {
                return Some(Reading::Yes);
            }
        }
        let word = self::joined(asked)?;
        self.starts(asked, &word).then_some(Reading::Start)
    }

    /// An opt-in has to be certain: as it is listed, or with something between all its letters.
    fn starts(&self, plain: &str, joined: &str) -> bool {
        let spelled_out = || plain.split(' ').all(|word| word.chars().nth(1).is_none());
        self.start.contains(plain) || (self.start.contains(joined) && spelled_out())
    }

    /// Whether every word is a stop word or what people copy with it ("STOP STOP", "stop 2 end"), and
    /// whether that asks for everything.
    fn stops(&self, plain: &str, joined: Option<&str>) -> Option<bool> {
        let single = joined.and_then(|word| self.stop.get(word).or_else(|| self.stretched(word)));
        if let Some(word) = single {
            return Some(word.everything);
        }
        let (mut everything, mut found) = (false, false);
        let mut rest = plain;
        while !rest.is_empty() {
            let known = prefixes(rest, MAX_STOP_WORDS)
                .rev()
                .find_map(|words| self.stop.get(words).map(|stop| (words.len(), stop)));
            let length = if let Some((length, stop)) = known {
                found = true;
                everything |= stop.everything;
                length
            } else {
                let word = rest.split(' ').next().unwrap_or(rest);
                let all = word == "all";
                if !self.instruction.contains(word) || (word == rest && !all) {
                    return None;
                }
                everything |= all;
                word.len()
            };
            rest = rest.get(length..).unwrap_or_default().trim_start();
        }
        found.then_some(everything)
    }

    /// "stoooop": a letter three times or more is one.
    fn stretched(&self, word: &str) -> Option<&StopWord> {
        let letters: Vec<char> = word.chars().collect();
        let mut short = String::with_capacity(word.len());
        let runs = letters.chunk_by(|a, b| a == b);
        let mut longest = 0;
        for run in runs {
            longest = longest.max(run.len());
            let kept = if run.len() > 2 { 1 } else { run.len() };
            short.extend(run.iter().take(kept));
        }
        (longest > 2).then(|| self.stop.get(short.as_str()))?
    }
}

fn keyword(matched_by: MatchedBy, everything: bool) -> Reading {
    Reading::Stop(Stop {
        matched_by,
        everything,
        wrong_number: false,
    })
}

/// The text without its spaces, where it is short enough to be a word.
fn joined(plain: &str) -> Option<String> {
    (plain.len() <= MAX_JOINED).then(|| plain.replace(' ', ""))
}
