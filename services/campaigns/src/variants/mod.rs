//! Variants of a campaign: who gets which text, who gets none, and which text wins.
//!
//! `definition`, `split`, `interval`, `decision` and `partition` are pure. A run keeps its [`Partition`] from its
//! launch on; the chunks that follow from it hold one variant and one instant each, so a chunk has one head.

mod begin;
mod carry_out;
mod decision;
mod definition;
mod interval;
mod known;
mod letters;
mod outcomes;
mod partition;
mod people;
mod receipts;
mod report;
mod split;

#[cfg(test)]
mod tests;

pub use begin::{cut, frozen, unpublished};
pub use carry_out::work;
pub use decision::Decision;
pub use definition::{Definition, Fault, Metric, Variant, Winner};
pub use known::Known;
pub use letters::{Letters, Text};
pub use outcomes::{clicks, opt_outs, reply};
pub use partition::{Letter, Part, Partition, Person, Piece};
pub use people::people;
pub use receipts::receipts;
pub use report::Report;
