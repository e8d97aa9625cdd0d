//! The roads to and from carriers, one folder per kind of provider, both directions.
//!
//! [`provider`] says what dispatch sees, [`fault`] and [`capability`] the words all providers share;
//! [`look_up`] asks what became of a text; [`account`] opens an account of any kind by its settings. [`smpp`] is the SMPP 3.4 client, [`twilio`] the
//! Twilio-compatible one, [`custom`] the one that is described by settings alone; the last two stand on
//! [`web`]. [`call`] calls addresses that customers name. [`simulator`] is a carrier that lives in a task of its own, speaks real SMPP and Twilio's API,
//! and writes down everything it saw.

pub mod account;
pub mod call;
pub mod capability;
pub mod custom;
pub mod fault;
#[doc(hidden)]
pub mod fuzzing;
mod link_state;
pub mod look_up;
pub mod provider;
pub mod simulator;
pub mod smpp;
mod throttle;
mod tls;
mod tried;
pub mod twilio;
pub mod web;
pub mod webhook;

pub use capability::{Capabilities, Idempotency};
pub use fault::{Certainty, Fault};
pub use link_state::LinkState;
pub use look_up::{FindBy, Finding, LookUp, Sought};
pub use provider::{
    AnswerToken, FromCarrier, Incoming, IncomingSender, Provider, Receipt, Submission,
    SubmitOutcome,
};
pub use tried::Tried;
