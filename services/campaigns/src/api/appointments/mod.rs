//! `/v1/appointments`. One file per endpoint.

pub mod cancel;
pub mod confirm;
pub mod figures;
pub mod get;
pub mod import;
pub mod list;
pub mod outcome;
pub mod plan;
mod prepare;
pub mod put;
mod view;
mod write;
