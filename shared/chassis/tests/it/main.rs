//! The chassis against a real nats-server and database, seen from a service.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper that cannot do its part fails the test"
)]

mod dead_letters;
mod graceful_stop;
mod group_commit;
mod http;
mod lost_streams;
mod operations;
mod outbox;
mod poison;
mod probe;
mod slow_handlers;
mod trace_context;
