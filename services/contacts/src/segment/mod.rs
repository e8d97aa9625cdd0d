//! Segments: contacts of whom a condition holds. Pure rules.
//!
//! [`condition`] says of whom it holds, [`moves`] who comes in and who leaves, [`standing`] how far a segment is.

pub mod condition;
pub mod moves;
pub mod standing;
pub mod subject;
