//! The gate: permits, a few slots at a time in one transaction. What asks at the same moment is answered by
//! the same set-based statements and the same commit; each slot is judged for itself.

mod batch;
mod counted;
mod judging;
mod queue;
mod settled;

pub use judging::carrier_day;
pub use queue::Questions;
