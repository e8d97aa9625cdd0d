//! What dispatch sees of a carrier.

use std::fmt;
use std::time::{Duration, Instant};

use contract::chunk::{Encoding, Outcome};
use contract::consent::Permit;
use contract::{MessageId, Phone, Reason, UnixMillis};
use futures::future::BoxFuture;
use tokio::sync::{mpsc, watch};

use crate::capability::Capabilities;
use crate::fault::{Certainty, Fault};
use crate::link_state::LinkState;
use crate::look_up::{Finding, Sought};
use crate::tried::Tried;

/// One finished text on its way out.
#[derive(Clone)]
pub struct Submission {
    pub to: Phone,
    /// Sender number (E.164), short code or alphanumeric sender id.
    pub from: String,
    pub encoding: Encoding,
    pub segments: u8,
    pub body: String,
    /// How long the carrier may try; `None` leaves it to the carrier.
    pub valid_for: Option<Duration>,
}

impl fmt::Debug for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submission")
            .field("segments", &self.segments)
            .finish_non_exhaustive()
    }
}

/// What is known about a text after it was given to a carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubmitOutcome {
    /// The carrier took all of it. The id is that of the last segment, which receipts name.
    Accepted { provider_message_id: String },
    /// The carrier said a final no: surely not sent.
    Rejected {
        reason: Reason,
        /// In the carrier's own words, such as `ESME_RINVDSTADR` or `21610`.
        code: String,
        fault: Fault,
    },
    /// Surely not sent, and not for a fault of the text: throttled, or no link, until the deadline passed.
    NotSent { reason: Reason },
    /// Written, and nobody can say what became of it.
    Unknown,
}

impl SubmitOutcome {
    /// A final no for this fault.
    pub fn rejected(fault: Fault, code: impl Into<String>) -> Self {
        Self::Rejected {
            reason: fault.reason(),
            code: code.into(),
            fault,
        }
    }

    pub const fn certainty(&self) -> Certainty {
        match self {
            Self::Accepted { .. } => Certainty::SurelySent,
            Self::Rejected { .. } | Self::NotSent { .. } => Certainty::SurelyNotSent,
            Self::Unknown => Certainty::Ambiguous,
        }
    }

    /// What went wrong; `None` where nothing did.
    pub fn fault(&self) -> Option<Fault> {
        match self {
            Self::Accepted { .. } => None,
            Self::Rejected { fault, .. } => Some(*fault),
            Self::NotSent { reason } if *reason == Reason::CARRIER_THROTTLED => {
                Some(Fault::Throttled)
            }
            Self::NotSent { reason } if *reason == Reason::PERMIT_EXPIRED => Some(Fault::Expired),
            Self::NotSent { reason } if *reason == Reason::CARRIER_ACCOUNT => Some(Fault::Account),
            Self::NotSent { .. } => Some(Fault::ProviderFault),
            Self::Unknown => Some(Fault::Unknown),
        }
    }
}

/// A carrier account that texts can be handed to.
pub trait Provider: Send + Sync + 'static {
    fn name(&self) -> &str;

    fn capabilities(&self) -> Capabilities;

    /// Where the link stands, for health checks and lists.
    fn state(&self) -> watch::Receiver<LinkState>;

    /// Resolves when texts can be handed over. Wait for it before asking for permits.
    fn ready(&self) -> BoxFuture<'_, ()>;

    /// Hands over the batch; the outcomes line up with it. Nothing is first written after `deadline`.
    /// Throttled texts, and texts whose first byte a broken link did not take, are tried again until
    /// then.
    fn hand_over(
        &self,
        batch: Vec<(Permit, Submission)>,
        deadline: Instant,
    ) -> BoxFuture<'_, Vec<Tried>>;

    /// The same for those who try no other carrier afterwards.
    fn send(
        &self,
        batch: Vec<(Permit, Submission)>,
        deadline: Instant,
    ) -> BoxFuture<'_, Vec<SubmitOutcome>> {
        let tried = self.hand_over(batch, deadline);
        Box::pin(async move { tried.await.into_iter().map(Tried::into_outcome).collect() })
    }

    /// Asks what became of a text. Sends nothing, and may be asked again.
    fn look_up<'p>(&'p self, _sought: &'p Sought) -> BoxFuture<'p, Finding> {
        Box::pin(async { Finding::CannotAsk })
    }

    /// Tells the carrier that what it brought is kept (`taken`), or that it should bring it again.
    fn answer(&self, tokens: Vec<AnswerToken>, taken: bool);

    /// Takes no more texts, waits (bounded) for what was handed over, and takes leave of the carrier.
    fn close(&self) -> BoxFuture<'_, ()>;
}

/// Something a carrier brought.
#[derive(Clone, PartialEq)]
pub enum FromCarrier {
    /// What became of a text: delivered, undelivered, or handed over while it is on its way.
    Receipt(Receipt),
    /// A person texted. The id is empty where the carrier gives none.
    Reply {
        provider_message_id: String,
        from: Phone,
        to: String,
        text: String,
    },
}

/// What a carrier says of one text after it took it.
#[derive(Clone, PartialEq)]
pub struct Receipt {
    pub provider_message_id: String,
    /// Our own id of the text, where the carrier brings it back.
    pub reference: Option<MessageId>,
    pub outcome: Outcome,
    pub code: String,
    /// What the code means; `None` while all is well.
    pub fault: Option<Fault>,
    /// Whom the text was for and who it came from, where the carrier says so.
    pub to: Option<Phone>,
    pub from: Option<String>,
    pub at: UnixMillis,
}

impl Receipt {
    /// One that names nothing but the carrier's id.
    pub fn new(
        provider_message_id: String,
        outcome: Outcome,
        code: String,
        at: UnixMillis,
    ) -> Self {
        Self {
            provider_message_id,
            reference: None,
            outcome,
            code,
            fault: None,
            to: None,
            from: None,
            at,
        }
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt")
            .field("provider_message_id", &self.provider_message_id)
            .field("outcome", &self.outcome)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for FromCarrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Receipt(receipt) => receipt.fmt(f),
            Self::Reply { .. } => f.write_str("Reply(hidden)"),
        }
    }
}

/// An item with the token that answers the carrier for it. An unanswered one is brought again.
#[derive(Debug)]
pub struct Incoming {
    pub item: FromCarrier,
    pub token: AnswerToken,
}

/// Names one thing a carrier waits to have answered. Worthless after the link it came over is gone.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct AnswerToken {
    pub(crate) link: u64,
    pub(crate) sequence: u32,
}

impl AnswerToken {
    pub const fn new(link: u64, sequence: u32) -> Self {
        Self { link, sequence }
    }
}

/// Where a provider puts what its carrier brings: one batch for what one read of the socket held.
pub type IncomingSender = mpsc::Sender<Vec<Incoming>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_says_whether_the_text_has_left() {
        let accepted = SubmitOutcome::Accepted {
            provider_message_id: "1".into(),
        };
        let blocked = SubmitOutcome::rejected(Fault::Blocked, "21610");
        let throttled = SubmitOutcome::NotSent {
            reason: Reason::CARRIER_THROTTLED,
        };
        for (outcome, certainty, fault) in [
            (&accepted, Certainty::SurelySent, None),
            (&blocked, Certainty::SurelyNotSent, Some(Fault::Blocked)),
            (&throttled, Certainty::SurelyNotSent, Some(Fault::Throttled)),
            (
                &SubmitOutcome::Unknown,
                Certainty::Ambiguous,
                Some(Fault::Unknown),
            ),
        ] {
            assert_eq!((outcome.certainty(), outcome.fault()), (certainty, fault));
        }
    }
}
