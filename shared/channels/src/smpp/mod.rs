//! SMPP 3.4: a windowed client session on the rusmpp codec.
//!
//! [`client`] spreads texts over an account's binds; [`link`] keeps one connection up, [`session`] is one
//! bound connection over a [`socket`], [`book`] is what outlives connections: batches and the queue.
//! [`batches`], [`window`], [`receipt`], [`parts`], [`ids`], [`incoming`], [`submit`] and [`status`] are pure.

mod batches;
mod book;
mod client;
mod config;
mod ids;
mod incoming;
mod link;
mod parts;
mod receipt;
mod session;
mod socket;
mod status;
mod submit;
mod window;
pub(crate) mod wire;
mod writer;

pub(crate) use incoming::read as read_deliver;

pub use client::SmppProvider;
pub use config::{LongMessages, Receipts, SmppConfig};
pub use ids::IdForm;

/// What a receipt's text says, for fuzzing.
pub(crate) fn receipt_text(text: &str) {
    let said = receipt::parse(text);
    let _ = receipt::code(&said);
}
