//! What is known of people besides their consent.

pub mod checked;
pub mod import;
pub mod put;
pub mod show;
