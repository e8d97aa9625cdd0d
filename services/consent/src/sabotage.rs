//! Takes one mechanism of the gate away, so that a test can show that the judge of the carrier's log would
//! find out. Only in builds with the feature `sabotage`, which is never on by default: in every other build
//! [`removed`] is the constant `false` and [`dawdle`] does nothing.

#[cfg(feature = "sabotage")]
mod on;

/// What can be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mechanism {
    /// A person's row is held while permits are granted or an opt-out is recorded.
    RowLock,
    /// A text is permitted once, and told as permitted before from then on.
    PrimaryKey,
    /// A dispatcher that has a successor gets no permits.
    Epoch,
    /// An opt-out is confirmed once the permits that were open have closed.
    ClosureWait,
}

#[cfg(not(feature = "sabotage"))]
pub const fn removed(_: Mechanism) -> bool {
    false
}

/// Makes room for a race between looking at a standing and granting by it.
#[cfg(not(feature = "sabotage"))]
pub async fn dawdle() {}

#[cfg(feature = "sabotage")]
pub use on::{Held, dawdle, hold_next, remove, removed};
