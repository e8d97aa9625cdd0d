//! The nats-server that runs as our child: found or fetched, started, watched, and checked once it runs.
//!
//! - [`find`]: the one given, on PATH, in the cache, or fetched (pinned by SHA-256)
//! - [`server`]: start, restart after a crash, stop; it never outlives this process
//! - [`verify`]: what a running server says of itself (ours or anyone's)

mod child;
mod conf;
mod fetch;
pub mod find;
mod monitor;
mod pins;
pub mod server;
mod stale;
pub mod verify;
mod version;

pub use conf::last_started;
pub use find::{FindOptions, Found, Origin, find};
pub use server::{NatsOptions, NatsServer};
pub use verify::{ServerFacts, verify_running};
pub use version::{OLDEST, Version};
