//! Timers: something of an owner is due at an instant, and fires once.
//!
//! A timer is a row without a payload; its id is the idempotency key of what it starts. One scheduler at a
//! time holds the lease and fires what is due, many timers in one transaction: the owner's change and the end of the
//! timer are one commit. A scheduler that lost its lease while it slept is refused inside that transaction.

mod bell;
mod lease;
mod scheduler;
mod slots;
mod timer;

pub use bell::Bell;
pub use lease::{Lease, Standing};
pub use scheduler::{Claim, Handler, Pace, Scheduler};
pub use slots::{Scheduled, Slots, slot_id, slot_timer};
pub use timer::{Timer, occurrence_id};

pub use crate::db::timer::{cancel, hold, next_due, of_owner, owners, pause, pending, resume, set};
