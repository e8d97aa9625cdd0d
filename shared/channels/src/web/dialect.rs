//! What differs from one HTTP provider to the next. Pure: a text in, a request out; an answer in, a verdict out.

use std::time::Duration;

use contract::MessageId;

use super::exchange::{Answer, Request};
use crate::capability::Capabilities;
use crate::provider::{Submission, SubmitOutcome};

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Settled(SubmitOutcome),
    /// Surely not taken, for our pace: again, after this long if the provider says so.
    TooFast(Option<Duration>),
    /// Surely not taken, because the account may not send: nothing will be until that is mended.
    Account(String),
}

pub trait Dialect: Send + Sync + 'static {
    fn capabilities(&self) -> Capabilities;

    /// The request for a text, or why there can be none.
    fn request(&self, message: MessageId, text: &Submission) -> Result<Request, SubmitOutcome>;

    /// Never errs on the side of "not sent": what may have been taken is unknown.
    fn read(&self, answer: &Answer) -> Verdict;
}
