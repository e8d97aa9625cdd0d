//! The judge of the carrier's log, tested: with one mechanism of the gate taken away, a schedule that only that
//! mechanism makes harmless must turn it red; with the mechanism in place, the same schedule must leave it green.
//!
//! consent is real; the dispatcher is a script that keeps to the rules ([`dispatcher`]) and writes what it hands
//! over as the simulated carrier would ([`scene`]). Nothing is left to chance: a schedule goes on when what it waits
//! for has happened.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends at the first fault"
)]

mod closure_wait;
mod dispatcher;
mod epoch;
mod primary_key;
mod row_lock;
mod scene;
mod stop;
mod two_services;
mod verdicts;

#[path = "../it/support.rs"]
#[expect(dead_code, reason = "these tests need less of it")]
mod support;

use testkit::Kit;
