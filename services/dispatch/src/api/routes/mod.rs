//! `/v1/routes`, one file per endpoint.

pub mod create;
pub mod explain;
pub mod list;
pub mod one;
mod view;
