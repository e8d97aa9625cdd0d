//! When something is due: zones, durations, windows. Pure: the clock is an argument.
//!
//! Every instant is UTC; every local time comes with its IANA zone. A local time that the clocks skip moves
//! forward by the length of the gap; one that they show twice means the first of the two.

pub mod duration;
pub mod window;
pub mod zone;

#[cfg(test)]
mod clock_changes;

pub use duration::IsoDuration;
pub use window::Window;
