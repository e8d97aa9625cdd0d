//! The real thing, for tests: a nats-server, a database and running services of one's own per [`Kit`], and
//! the built binary for tests that drive it from outside. A dev-dependency only.
//!
//! - [`kit`]: services started the way `up` starts them, with an HTTP caller, a bus and a clock to move
//! - [`binary()`], [`database_url`], [`NatsServer`], [`Client`]: what black-box stories need
//! - [`postgres`]: the throw-away cluster behind `TEST_DB=postgres`

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

mod accounts;
mod binary;
mod calls;
mod database;
mod eventually;
pub mod kit;
pub mod postgres;

pub use binary::binary;
pub use chassis::http::client::Client;
pub use chassis::managed::{NatsOptions, NatsServer};
pub use database::database_url;
pub use eventually::{eventually, eventually_within};
pub use kit::{Kit, nats_server};
