//! The accounts service over HTTP and the bus, with a real NATS server and database.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot be set up has failed"
)]

mod bootstrap;
mod keys;
