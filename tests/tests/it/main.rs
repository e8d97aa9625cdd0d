//! What holds for the whole: who may import whom, what is shipped, and stories told to the built binary.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

mod architecture;
mod compose;
mod documents;
mod permit_life;
mod sabotage;
mod sources;
mod stories;
mod workspace;
