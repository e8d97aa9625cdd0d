//! `/v1/sender-pools`, one file per endpoint.

pub mod create;
pub mod list;
pub mod one;
mod view;
