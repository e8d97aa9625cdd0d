//! Journeys at work: what arrives is noted, and worked into runs many at a time.
//!
//! Events, replies, outcomes of texts and stops are rows of `journey_input` first; timers are the `due_at` of a run.
//! One pass ([`pass`]) takes what waits, loads runs, versions and people, moves every run ([`batch`]) and writes runs,
//! texts and what they say in one transaction. A pass that dies has done nothing; one that comes twice changes nothing.

pub mod appointments;
pub mod aside;
mod batch;
pub mod calls;
pub mod events;
mod learnt;
mod load;
pub mod migrate;
mod outcomes;
mod pass;
mod publish;
pub mod replies;
pub mod shares;
pub mod slots;
pub mod state;
mod versions;
pub mod waves;
pub mod winners;

pub use outcomes::note;
pub use pass::run_passes;
pub use publish::{Refusal, Shortest, check, too_frequent};
pub use versions::Versions;

/// What wakes the tasks of journeys.
#[derive(Debug, Default)]
pub struct Bells {
    /// Webhooks are to be called.
    pub calls: tokio::sync::Notify,
    /// The audience of a slot is to enter.
    pub slots: tokio::sync::Notify,
}

/// Channels that this platform can send by.
pub const CHANNELS: &[&str] = &["sms"];
