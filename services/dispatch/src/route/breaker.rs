//! The circuit breaker of one carrier, with the time as an argument (a duration since any fixed instant).
//!
//! It opens by the share of faults over a window, or by hand-overs in a row of which nothing succeeded. Then
//! nothing goes that way for a while, twice as long each time; after it a few hand-overs probe, and if they do
//! well it closes.

use std::time::Duration;

use serde::Deserialize;

/// Parts of the window; the oldest is dropped as a whole.
const PARTS: usize = 10;

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    pub window_seconds: u32,
    /// Texts in the window below which no share is taken.
    pub least_texts: u32,
    pub error_percent: u32,
    /// Hand-overs of nothing but faults, one after the other; 0: not counted.
    pub in_a_row: u32,
    pub open_ms: u64,
    pub longest_open_ms: u64,
    /// Hand-overs that probe at once, and that must do well before it closes.
    pub probes: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            window_seconds: 30,
            least_texts: 50,
            error_percent: 50,
            in_a_row: 5,
            open_ms: 1000,
            longest_open_ms: 60_000,
            probes: 2,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Closed,
    Open { until: Duration },
    HalfOpen,
}

impl Standing {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open { .. } => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// Leave to hand over once; given back by [`Breaker::went`] or [`Breaker::unused`].
#[derive(Debug, PartialEq, Eq)]
pub struct Pass {
    /// Which half-open phase it probes for; `None` while closed.
    probe: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Closed,
    Open { until: Duration },
    HalfOpen { probing: u32, well: u32 },
}

#[derive(Debug, Clone, Copy, Default)]
struct Part {
    number: u64,
    texts: u32,
    faults: u32,
}

#[derive(Debug)]
pub struct Breaker {
    rules: Rules,
    state: State,
    /// Counts openings, so that a probe of an earlier phase changes nothing.
    phase: u64,
    parts: [Part; PARTS],
    faulty_in_a_row: u32,
    /// Openings since it last closed.
    openings: u32,
}

impl Breaker {
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            state: State::Closed,
            phase: 0,
            parts: [Part::default(); PARTS],
            faulty_in_a_row: 0,
            openings: 0,
        }
    }

    pub fn standing(&self, now: Duration) -> Standing {
        match self.state {
            State::Closed => Standing::Closed,
            State::Open { until } if now < until => Standing::Open { until },
            State::Open { .. } | State::HalfOpen { .. } => Standing::HalfOpen,
        }
    }

    /// Times it has opened.
    pub const fn opened(&self) -> u64 {
        self.phase
    }

    /// Leave to hand over now, or `None`: open, or enough are probing.
    pub fn pass(&mut self, now: Duration) -> Option<Pass> {
        if let State::Open { until } = self.state
            && now >= until
        {
            self.state = State::HalfOpen {
                probing: 0,
                well: 0,
            };
        }
        match &mut self.state {
            State::Closed => Some(Pass { probe: None }),
            State::Open { .. } => None,
            State::HalfOpen { probing, well } => {
                let room = *probing + *well < self.rules.probes.max(1);
                room.then(|| {
                    *probing += 1;
                    Pass {
                        probe: Some(self.phase),
                    }
                })
            }
        }
    }

    /// Leave whatever the state: for what cannot wait. It probes nothing.
    pub const fn pass_anyway() -> Pass {
        Pass { probe: None }
    }

    /// Nothing was handed over after all.
    pub fn unused(&mut self, pass: &Pass) {
        if let (Some(phase), State::HalfOpen { probing, .. }) = (pass.probe, &mut self.state)
            && phase == self.phase
        {
            *probing = probing.saturating_sub(1);
        }
    }

    /// A hand-over of `texts` has ended, `faults` of them with a fault that is of the carrier.
    pub fn went(&mut self, pass: &Pass, now: Duration, texts: u32, faults: u32) {
        if texts == 0 {
            return self.unused(pass);
        }
        self.count(now, texts, faults);
        let all = faults >= texts;
        self.faulty_in_a_row = if all { self.faulty_in_a_row + 1 } else { 0 };
        let ill = self.is_ill(now);
        match (&mut self.state, pass.probe) {
            (State::HalfOpen { probing, well }, Some(phase)) if phase == self.phase => {
                *probing = probing.saturating_sub(1);
                if faults * 2 > texts {
                    self.open(now);
                } else {
                    *well += 1;
                    if *well >= self.rules.probes.max(1) {
                        self.close();
                    }
                }
            }
            (State::Closed, _) if ill => self.open(now),
            _ => {}
        }
    }

    fn is_ill(&self, now: Duration) -> bool {
        let (texts, faults) = self.counted(now);
        let share =
            u64::from(faults) * 100 >= u64::from(texts) * u64::from(self.rules.error_percent);
        let in_a_row = self.rules.in_a_row > 0 && self.faulty_in_a_row >= self.rules.in_a_row;
        in_a_row || (texts >= self.rules.least_texts.max(1) && faults > 0 && share)
    }

    fn open(&mut self, now: Duration) {
        let longer = 1_u64 << self.openings.min(16);
        let open = (self.rules.open_ms.saturating_mul(longer)).min(self.rules.longest_open_ms);
        self.openings += 1;
        self.phase += 1;
        self.state = State::Open {
            until: now + Duration::from_millis(open),
        };
    }

    fn close(&mut self) {
        self.state = State::Closed;
        self.parts = [Part::default(); PARTS];
        self.faulty_in_a_row = 0;
        self.openings = 0;
    }

    fn part_number(&self, now: Duration) -> u64 {
        let parts = PARTS as u128;
        let part = (u128::from(self.rules.window_seconds.max(1)) * 1000 / parts).max(1);
        u64::try_from(now.as_millis() / part).unwrap_or(u64::MAX)
    }

    fn count(&mut self, now: Duration, texts: u32, faults: u32) {
        let number = self.part_number(now);
        let part = &mut self.parts[usize::try_from(number).unwrap_or(0) % PARTS];
        if part.number != number {
            *part = Part {
                number,
                ..Part::default()
            };
        }
        part.texts = part.texts.saturating_add(texts);
        part.faults = part.faults.saturating_add(faults);
    }

    /// Texts and faults within the window.
    fn counted(&self, now: Duration) -> (u32, u32) {
        let number = self.part_number(now);
        let within = |part: &&Part| number.saturating_sub(part.number) < PARTS as u64;
        self.parts
            .iter()
            .filter(within)
            .fold((0, 0), |(texts, faults), part| {
                (texts + part.texts, faults + part.faults)
            })
    }
}

#[cfg(test)]
#[path = "breaker_tests.rs"]
mod tests;
