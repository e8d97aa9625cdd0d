//! The law as parameters: hours, caps, levels of consent, lists and dates, read from `data/law/*.toml` and
//! `data/holidays.csv`. What they mean is in [`hours`], [`caps`] and the Cedar policies.

mod holidays;
pub mod hours;
mod level;
mod load;
mod region;
pub mod requirements;
mod rows;

pub use holidays::{Holidays, business_days_later};
pub use level::Level;
pub use load::{Law, LawError, TEXTS};
pub use region::Region;
pub use rows::{CapRow, ExemptionRow, HoursRow, InForce, Place, Profile};
