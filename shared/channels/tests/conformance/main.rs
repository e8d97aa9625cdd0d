//! Our protocols against programs that we did not write; see `tests/conformance/README.md`. A test whose
//! program is not installed says so and passes.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on has failed"
)]

mod foreign;
mod smpp_clients;
mod smpp_servers;
mod twilio;
