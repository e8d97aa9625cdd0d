//! Texts one by one.

pub mod batch;
pub mod cancel;
pub mod create;
pub mod list;
pub mod redrive;
mod types;
