//! Looking at a campaign before it is launched: the whole way of its texts, without a carrier and without effect.
//!
//! [`brief`] is what is looked at, frozen when it is asked for, and the hash of its content; [`look`] asks the other
//! services about one chunk; [`tally`] adds chunks up and survives a restart; [`pace`] says how long it takes;
//! [`report`] is what people are told; [`job`] does it, page by page; [`versions`] says what stands there now.

pub mod brief;
pub mod job;
mod look;
mod lots;
pub mod pace;
pub mod report;
pub mod tally;
pub mod versions;
