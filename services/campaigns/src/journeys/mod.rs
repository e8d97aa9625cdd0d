//! Journeys at work: what arrives is noted, and worked into runs many at a time.
//!
//! Events, replies, outcomes of texts and stops are rows of `journey_input` first; timers are the `due_at` of a run.
//! One pass ([`pass`]) takes what waits, loads runs, versions and people, moves every run ([`batch`]) and writes runs,
//! texts and what they say in one transaction. A pass that dies has done nothing; one that comes twice changes nothing.

mod batch;
pub mod events;
mod load;
pub mod migrate;
mod outcomes;
mod pass;
mod publish;
pub mod state;
mod versions;

pub use outcomes::note;
pub use pass::run_passes;
pub use publish::{Refusal, check};
pub use versions::Versions;

/// Channels that this platform can send by.
pub const CHANNELS: &[&str] = &["sms"];
