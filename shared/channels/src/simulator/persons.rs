//! What the judge remembers of one person.

use super::fate;
use super::stops::Seen;

const STOP_WORDS: [&str; 6] = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"];
const START_WORDS: [&str; 3] = ["START", "YES", "UNSTOP"];

/// What a reply asks for, by the carriers' own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Stop,
    Start,
    Talk,
}

pub(super) fn wish(text: &str) -> Wish {
    let is_one_of = |words: &[&str]| {
        words
            .iter()
            .any(|word| text.trim().eq_ignore_ascii_case(word))
    };
    if is_one_of(&STOP_WORDS) {
        Wish::Stop
    } else if is_one_of(&START_WORDS) {
        Wish::Start
    } else {
        Wish::Talk
    }
}

#[derive(Debug, Default)]
pub(super) struct Person {
    /// Hashes of whole texts, confirmations apart.
    texts: Vec<u64>,
    stops: u32,
    confirmations: u32,
    asked: bool,
    recorded: bool,
    confirmed: bool,
    pub(super) texted: bool,
    /// First instants.
    pub(super) seen: Seen,
}

impl Person {
    /// The same whole text reached this person before.
    pub(super) fn has_had(&mut self, text: &str) -> bool {
        let hash = fate::hash(text);
        let had = self.texts.contains(&hash);
        if !had {
            self.texts.push(hash);
        }
        had
    }

    /// More confirmations than STOPs.
    pub(super) fn confirm(&mut self, t: u64) -> bool {
        self.seen.confirmed.get_or_insert(t);
        self.confirmations += 1;
        self.confirmed = self.asked;
        self.confirmations > self.stops
    }

    pub(super) const fn stop(&mut self) {
        self.stops += 1;
        self.asked = true;
    }

    pub(super) fn record_stop(&mut self, t: u64) {
        self.seen.recorded.get_or_insert(t);
        self.recorded = true;
    }

    pub(super) const fn start(&mut self) {
        self.asked = false;
        self.recorded = false;
        self.confirmed = false;
    }

    /// Whether a text now comes after a confirmed STOP, and after a recorded one. `on_record`: the platform
    /// itself called it confirmed.
    pub(super) const fn after(&self, on_record: bool) -> (bool, bool) {
        (self.confirmed || on_record && self.asked, self.recorded)
    }
}
