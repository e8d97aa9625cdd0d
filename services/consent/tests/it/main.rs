//! consent against a real nats-server and database.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends at the first fault"
)]

mod answers;
mod api;
mod audiences;
mod evidence;
mod explain;
mod incidents;
mod intake;
mod judging;
mod ledger;
mod opt_out;
mod permits;
mod policies;
mod privacy;
mod restart;
mod retention;
mod returned;
mod screening;
mod support;

use testkit::Kit;
