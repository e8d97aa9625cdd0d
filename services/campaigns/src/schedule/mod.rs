//! When something is due: zones, durations, windows, recurring slots. Pure: the clock is an argument.
//!
//! Every instant is UTC; every local time comes with its IANA zone. A local time that the clocks skip moves
//! forward by the length of the gap; one that they show twice means the first of the two.

pub mod cron;
mod cron_fields;
pub mod duration;
pub mod planned;
pub mod recurrence;
pub mod round;
pub mod rrule;
mod rrule_days;
mod rrule_except;
mod rrule_read;
pub mod slots;
pub mod window;
pub mod zone;

#[cfg(test)]
mod clock_changes;

pub use cron::Cron;
pub use duration::IsoDuration;
pub use planned::Planned;
pub use recurrence::{Recurrence, Recurring, Rule};
pub use rrule::Rrule;
pub use window::Window;
