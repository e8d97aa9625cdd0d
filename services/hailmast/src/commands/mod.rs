//! One file per command.

pub mod appointment;
pub mod campaign;
pub mod dead_letters;
pub mod doctor;
pub mod evidence;
pub mod explain;
pub mod journey;
pub mod ledger;
pub mod migrate;
pub mod policy;
pub mod run;
mod server;
pub mod smsc;
pub mod traffic;
pub mod unknown;
pub mod up;
