//! Is the ledger as it was written? Pure but for [`walk`], which reads it.

mod inspection;
mod walk;

pub use inspection::{Fault, Inspection};
pub use walk::{Verdict, walk};
