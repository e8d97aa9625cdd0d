//! One file per command.

pub mod dead_letters;
pub mod doctor;
pub mod migrate;
pub mod run;
pub mod smsc;
pub mod up;
