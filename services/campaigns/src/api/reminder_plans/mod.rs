//! `/v1/reminder-plans`. One file per endpoint.

pub mod create;
pub mod get;
pub mod list;
pub mod remove;
pub mod update;
mod view;
