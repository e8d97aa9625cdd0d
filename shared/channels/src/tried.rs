//! What comes back of a text that was given to a carrier: the outcome, and, where the text may be given to another
//! carrier instead, its permit.

use contract::consent::Permit;

use crate::fault::{Certainty, Fault};
use crate::provider::SubmitOutcome;

/// A text after a carrier had it. The permit inside comes out only through [`Tried::elsewhere`], which looks at the
/// outcome: a permit is leave for one text, and one that may have left has used it up.
#[derive(Debug)]
pub struct Tried {
    permit: Permit,
    outcome: SubmitOutcome,
}

impl Tried {
    /// For providers: what became of the text that came with `permit`.
    pub const fn new(permit: Permit, outcome: SubmitOutcome) -> Self {
        Self { permit, outcome }
    }

    pub const fn outcome(&self) -> &SubmitOutcome {
        &self.outcome
    }

    /// The outcome; the permit is spent.
    pub fn into_outcome(self) -> SubmitOutcome {
        self.outcome
    }

    /// The permit again, with the outcome that allows it; or the outcome alone.
    pub fn elsewhere(self) -> Result<(Permit, SubmitOutcome), SubmitOutcome> {
        if self.outcome.may_go_elsewhere() {
            Ok((self.permit, self.outcome))
        } else {
            Err(self.outcome)
        }
    }
}

impl SubmitOutcome {
    /// The text has surely not left, and what stopped it was the carrier's, not the person's, a filter's or the
    /// text's: another carrier may be given it. What was never written may go elsewhere whatever held it up.
    pub fn may_go_elsewhere(&self) -> bool {
        match self {
            Self::NotSent { .. } => true,
            Self::Accepted { .. } | Self::Rejected { .. } | Self::Unknown => {
                self.certainty() == Certainty::SurelyNotSent
                    && self.fault().is_some_and(Fault::is_of_the_route)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{DecisionId, MessageId, Reason};

    fn tried(outcome: SubmitOutcome) -> Tried {
        let permit = Permit::issue(MessageId::from_raw(7), DecisionId::from_raw(1), 1);
        Tried::new(permit, outcome)
    }

    #[test]
    fn a_permit_comes_back_only_where_the_text_has_surely_not_left_for_a_fault_of_the_route() {
        for reason in [
            Reason::NO_ROUTE,
            Reason::CARRIER_ACCOUNT,
            Reason::PERMIT_EXPIRED,
        ] {
            let (permit, _) = tried(SubmitOutcome::NotSent { reason })
                .elsewhere()
                .unwrap();
            assert_eq!(permit.message(), MessageId::from_raw(7));
        }
        for fault in Fault::ALL {
            let back = tried(SubmitOutcome::rejected(fault, "x"))
                .elsewhere()
                .is_ok();
            assert_eq!(back, fault.is_of_the_route(), "{fault:?}");
        }
        let accepted = SubmitOutcome::Accepted {
            provider_message_id: "1".into(),
        };
        assert!(tried(accepted).elsewhere().is_err());
        assert_eq!(
            tried(SubmitOutcome::Unknown).elsewhere().unwrap_err(),
            SubmitOutcome::Unknown
        );
    }
}
