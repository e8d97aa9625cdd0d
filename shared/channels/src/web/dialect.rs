//! What differs from one HTTP provider to the next. Pure: a text in, a request out; an answer in, a verdict out.

use std::time::Duration;

use contract::MessageId;

use super::exchange::{Answer, Request};
use crate::capability::Capabilities;
use crate::look_up::{Finding, Sought};
use crate::provider::{Receipt, Submission, SubmitOutcome};

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Settled(SubmitOutcome),
    /// Surely not taken, for our pace: again, after this long if the provider says so.
    TooFast(Option<Duration>),
    /// Surely not taken, because the account may not send: nothing will be until that is mended.
    Account(String),
}

/// What has been read so far of an answer in several pages.
#[derive(Debug, Default)]
pub struct Search {
    /// The text itself, as far as can be told.
    pub found: Vec<Receipt>,
    /// Texts that might be it.
    pub others: u32,
    pub pages: u32,
}

/// What follows from the answer to a look-up.
#[derive(Debug)]
#[cfg_attr(test, derive(PartialEq))]
pub enum Heard {
    /// There is more to be read.
    Next(Request),
    End(Finding),
}

pub trait Dialect: Send + Sync + 'static {
    fn capabilities(&self) -> Capabilities;

    /// The request for a text, or why there can be none.
    fn request(&self, message: MessageId, text: &Submission) -> Result<Request, SubmitOutcome>;

    /// Never errs on the side of "not sent": what may have been taken is unknown.
    fn read(&self, answer: &Answer) -> Verdict;

    /// The request that asks for a text; `None` where there is no way to.
    fn ask(&self, _sought: &Sought) -> Option<Request> {
        None
    }

    /// Never concludes that a text is not there from an answer that cannot be read.
    fn hear(&self, _sought: &Sought, _answer: &Answer, _search: &mut Search) -> Heard {
        Heard::End(Finding::CannotAsk)
    }
}
