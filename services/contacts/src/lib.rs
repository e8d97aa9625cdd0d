//! contacts: the people who could be texted, their lists and segments, and imports from CSV.
//!
//! Owns: contacts, lists, segments, imports, the names of merge fields. Told: `update_contacts`.
//! Says: [`contract::contacts::ImportFinished`], [`contract::contacts::ContactDeleted`],
//! [`contract::contacts::SegmentMembersMoved`]. Answers: [`queries`].
//!
//! Rules, without I/O: [`records`] cuts CSV, [`layout`] reads its header, [`import_row`] a row,
//! [`import_plan`] decides what a batch does, [`upsert`] what one contact does, [`change`] what one value does,
//! [`person`] what values may be, [`segment`] who is in a segment; [`follow`] keeps those up with changes.

mod api;
mod app;
pub mod change;
mod config;
mod consumers;
mod db;
pub mod error_report;
mod follow;
pub mod import_job;
pub mod import_plan;
pub mod import_row;
pub mod layout;
pub mod person;
mod queries;
pub mod records;
pub mod segment;
mod start;
mod tasks;
pub mod upsert;

pub use start::SERVICE;
