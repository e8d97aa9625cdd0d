//! contacts: the people who could be texted, their lists, and imports from CSV.
//!
//! Owns: contacts, lists, imports, the names of merge fields. Told: `update_contacts`.
//! Says: [`contract::contacts::ImportFinished`], [`contract::contacts::ContactDeleted`]. Answers: [`queries`].
//!
//! Rules, without I/O: [`records`] cuts CSV, [`layout`] reads its header, [`import_row`] a row,
//! [`import_plan`] decides what a batch does, [`upsert`] what one contact does, [`change`] what one value does,
//! [`person`] what values may be.

mod api;
mod app;
pub mod change;
mod config;
mod consumers;
mod db;
pub mod error_report;
pub mod import_job;
pub mod import_plan;
pub mod import_row;
pub mod layout;
pub mod person;
mod queries;
pub mod records;
mod start;
mod tasks;
pub mod upsert;

pub use start::SERVICE;
