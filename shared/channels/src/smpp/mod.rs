//! SMPP 3.4: a windowed client session on the rusmpp codec.
//!
//! [`link`] keeps the connection up, [`session`] is one bound connection, [`book`] is what outlives
//! connections: batches and the queue. [`batches`], [`window`], [`receipt`], [`incoming`],
//! [`submit`] and [`status`] are pure.

mod batches;
mod book;
mod client;
mod config;
mod incoming;
mod link;
mod receipt;
mod session;
mod status;
mod submit;
mod window;
pub(crate) mod wire;
mod writer;

pub use client::SmppProvider;
pub use config::SmppConfig;
