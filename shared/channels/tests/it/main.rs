//! The SMPP client against the simulated carrier, over real sockets; and the judge against logs that
//! each break one rule.

mod judge;
mod replies;
mod sending;
mod support;
mod trouble;
