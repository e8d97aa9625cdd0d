//! The SMPP client against the simulated carrier, over real sockets; and the judge against logs that
//! each break one rule.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

mod calls;
mod cut;
mod judge;
mod judge_stops;
mod private;
mod replies;
mod sending;
mod support;
mod trouble;
mod twilio;
