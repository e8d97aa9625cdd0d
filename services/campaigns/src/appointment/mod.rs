//! Appointments: what was agreed with one person, and the texts about it.
//!
//! | pure | |
//! |---|---|
//! | [`rules`], [`read_rules`] | what a reminder plan says, and how it is written |
//! | [`read`], [`faults`] | how an appointment is written, and what is wrong with it |
//! | [`sheet`], [`encoding`] | appointments in a CSV file, and its characters |
//! | [`plan`] | when its reminders are due |
//! | [`combine`] | one text for several |
//! | [`change`] | what a change means, and who needs a notice of it |
//! | [`said`], [`bind`] | what an answer says, and what it is about |
//! | [`wording`] | merge fields |
//! | [`stands`] | what is said after an opt-out that may have been a cancellation |
//! | [`figures`] | how many confirm and come |
//!
//! | in a transaction | |
//! |---|---|
//! | [`put`] | making, moving and cancelling |
//! | [`join`] | one that takes another's place |
//! | [`gone`] | those of people who are gone |
//! | [`next`] | what it is after a change |
//! | [`replan`] | the plan as rows and timers |
//! | [`look`] | what is due |
//! | [`send`] | texts and events |
//! | [`outcomes`] | what became of texts |
//! | [`answer`] | carrying out what people answer |

pub mod answer;
pub mod bind;
pub mod change;
pub mod combine;
mod encoding;
pub mod faults;
pub mod figures;
pub mod gone;
pub mod join;
pub mod look;
pub mod model;
mod next;
pub mod outcomes;
pub mod plan;
pub mod put;
pub mod read;
pub mod read_rules;
pub mod replan;
pub mod rules;
pub mod said;
pub mod send;
pub mod sheet;
pub mod stands;
pub mod wording;

#[cfg(test)]
pub mod testing;
