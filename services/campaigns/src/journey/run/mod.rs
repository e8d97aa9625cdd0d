//! What a run does: [`start`] makes one, [`step`] moves it by one input. Both are pure: the same inputs give the same
//! state and the same effects, whichever process works them out, and an input that comes again changes nothing.
//!
//! A run has a clock of its own. Whatever arrives, timers that are due come first, in the order of their instants and
//! at the instants they were due: so it does not matter when a timer is delivered, or whether it is. Only a timer that
//! is late by more than [`GRACE_MS`] (the service was down) counts from now on, and what hangs on it is late.

mod begin;
mod calling;
mod forgetting;
mod listening;
mod machine;
mod meaning;
mod migrate;
mod moving;
mod outcomes;
mod scope;
mod sending;
mod state;
mod steps;
mod told;
mod waiting;

pub use begin::{restart, start, update};
pub use calling::{MOST_BODY, kept};
pub use forgetting::GONE;
pub use listening::asks;
pub use machine::{Setting, step};
pub use migrate::migrate;
pub(super) use scope::before;
pub use state::{
    Answer, Effect, End, Ended, Facts, Fate, Fiber, Happening, Input, Note, Outgoing, Person, Run,
    Waiting,
};

/// Up to here a timer counts as on time, in milliseconds.
pub const GRACE_MS: i64 = 15 * 60 * 1_000;

/// No split has been won.
pub static NO_WINNERS: std::collections::BTreeMap<String, String> =
    std::collections::BTreeMap::new();

#[cfg(test)]
#[path = "tests/mod.rs"]
mod tests;
