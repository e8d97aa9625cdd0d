#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot do its part fails the test"
)]

mod chunks;
mod languages;
mod links;
mod measuring;
mod stubs;
mod templates;
