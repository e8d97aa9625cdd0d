//! One file per command.

pub mod api;
pub mod dead_letters;
pub mod doctor;
pub mod evidence;
pub mod ledger;
pub mod migrate;
pub mod run;
pub mod smsc;
pub mod up;
