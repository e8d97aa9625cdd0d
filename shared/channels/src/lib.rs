//! The roads to and from carriers, one folder per kind of provider, both directions.
//!
//! [`provider`] says what dispatch sees; [`smpp`] is the SMPP 3.4 client; [`simulator`] is a carrier
//! that lives in a task of its own, speaks real SMPP and writes down everything it saw.

pub mod provider;
pub mod simulator;
pub mod smpp;

pub use provider::{
    AnswerToken, FromCarrier, Incoming, IncomingSender, Provider, Submission, SubmitOutcome,
};
