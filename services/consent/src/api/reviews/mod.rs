//! Replies that may be an opt-out.

pub mod decide;
pub mod list;
