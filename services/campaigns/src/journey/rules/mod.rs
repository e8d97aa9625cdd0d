//! Rules that hold across fields: ids, ways, weights, replies, circles. They look at the tree, so they speak even
//! where other parts of the journey are wrong.

mod circles;
mod reach;
mod replies;
mod schedules;
mod times;
mod waits;
mod walk;
mod weights;

use chrono::{DateTime, Utc};

use super::fault::Fault;
use super::source::Node;

pub use circles::among;
pub use replies::normalised;

/// All faults of a journey that no single value has; of what is past only where `now` is given.
pub fn across(root: &Node, now: Option<DateTime<Utc>>, faults: &mut Vec<Fault>) {
    let steps = walk::steps(root);
    walk::ids(&steps, faults);
    reach::unreachable(root, faults);
    weights::splits(&steps, faults);
    replies::keywords(&steps, faults);
    waits::waits(&steps, faults);
    waits::exits(root, faults);
    circles::own(root, &steps, faults);
    circles::by_segment(root, &steps, faults);
    schedules::schedule(root, faults);
    schedules::calls(&steps, faults);
    schedules::winners(root, &steps, faults);
    times::windows(root, &steps, faults);
    if let Some(now) = now {
        times::past(root, &steps, now, faults);
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
