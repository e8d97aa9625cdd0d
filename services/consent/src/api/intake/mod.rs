//! What a caller reports, checked: the same rules for one entry and for a thousand.

mod act;
mod body;
mod check;
mod ends;
mod fault;
mod phones;
mod reference;

pub use self::body::{Evidence, NewAction, NewConsent};
pub use self::check::entry;
pub use self::fault::{Fault, told};
pub use self::phones::{phone_given, phone_parameter, phones_of, phones_of_contacts};
pub use self::reference::once;
