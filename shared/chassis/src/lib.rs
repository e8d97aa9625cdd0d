//! What every service stands on: settings, telemetry, start and stop, HTTP, the database, the bus and the clock.
//!
//! A service is a [`Service`] value; [`host::Host`] runs any number of them in one process, the same way
//! for `up`, `run`, `demo` and the tests. Only this crate opens databases, connects to NATS, listens for
//! HTTP or reads signals.

pub mod bus;
pub mod clock;
pub mod config;
pub mod db;
pub mod host;
pub mod http;
pub mod lifecycle;
pub mod managed;
mod own_thread;
pub mod service;
pub mod telemetry;
pub mod trace;

pub use bus::{AskError, Bus, Failure};
pub use clock::Clock;
pub use config::Settings;
pub use db::{Db, Engine, SqlMigration, Tx};
pub use service::{Cx, Service};
