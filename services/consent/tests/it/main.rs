//! consent against a real nats-server and database.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends at the first fault"
)]

mod api;
mod intake;
mod opt_out;
mod permits;
mod restart;
mod screening;
mod support;

use testkit::Kit;
