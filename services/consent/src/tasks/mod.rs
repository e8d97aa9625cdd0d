//! One file per timer.

pub mod confirm_opt_outs;
pub mod retention;
pub mod sweep;
