//! A carrier for tests, the demo and the bench: it speaks SMPP 3.4 ([`Smsc`]) or Twilio's messaging API
//! ([`TwilioApi`]) over loopback, sends receipts and replies, misbehaves on demand, and logs all it saw so
//! that [`judge`] can tell what we did. What its numbers mean: docs/simulator.md.

pub mod bare;
mod bringing;
mod commands;
mod core;
mod entry;
mod fate;
mod judge;
mod log;
mod options;
mod persons;
mod serve;
mod session;
mod stops;
mod taking;
mod twilio;
mod twilio_answers;
mod twilio_calls;
mod twilio_list;
mod wording;

pub use judge::{Verdict, judge, judge_stop_lines, judge_stops};
pub use options::{Delay, SmscOptions};
pub use serve::{Smsc, SmscStats};
pub use stops::{Spread, StopEntry, StopFigures};
pub use twilio::{TwilioApi, TwilioOptions};
pub use twilio_answers::Mischief;
