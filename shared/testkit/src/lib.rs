//! The real thing, for tests: a nats-server, a database and running services of one's own per [`Kit`], and
//! the built binary as a [`Process`]. A dev-dependency only.
//!
//! - [`kit`]: services started the way `up` starts them, with an HTTP caller, a bus and a clock to move
//! - [`binary`], [`process`]: the built `hailmast`, driven from outside
//! - [`postgres`]: the throw-away cluster behind `TEST_DB=postgres`

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

mod accounts;
pub mod binary;
mod calls;
mod database;
mod eventually;
pub mod kit;
pub mod postgres;
pub mod process;

pub use binary::Binary;
pub use eventually::{eventually, eventually_within};
pub use kit::Kit;
pub use process::Process;
