//! Texts of which nobody can say what became of them: why, and what is known that helps to find them. Pure.

use channels::look_up::Fingerprint;
use contract::chunk::Outcome;
use contract::dispatch::{HandOver, SlotOutcome};
use contract::ids::{CampaignId, ContactId, MessageId, TenantId};
use contract::{Mode, Phone, UnixMillis};

use crate::reconcile::Reconciling;
use crate::route;

/// Why nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// It was written to the provider, and no answer was sure.
    NoAnswer,
    /// Permits were granted in an answer that never came.
    PermitLost,
    /// The process that had it in hand is gone.
    ProcessDied,
    /// The provider took it, and no receipt came for long.
    NoReceipt,
}

impl Cause {
    pub const ALL: [Self; 4] = [
        Self::NoAnswer,
        Self::PermitLost,
        Self::ProcessDied,
        Self::NoReceipt,
    ];

    /// As it stands in the table and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoAnswer => "no_answer",
            Self::PermitLost => "permit_lost",
            Self::ProcessDied => "process_died",
            Self::NoReceipt => "no_receipt",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == word)
    }
}

/// What its sender still knows of a text in doubt.
#[derive(Clone, PartialEq, Eq)]
pub struct Trace {
    pub position: u16,
    pub cause: Cause,
    /// Empty: any of them may have had it.
    pub provider: String,
    pub mode: Mode,
    pub to: Option<Phone>,
    pub sender: String,
    pub fingerprint: Option<Fingerprint>,
}

impl std::fmt::Debug for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trace")
            .field("position", &self.position)
            .field("cause", &self.cause)
            .finish_non_exhaustive()
    }
}

/// A text in doubt, to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    pub message: MessageId,
    pub tenant: TenantId,
    pub campaign: CampaignId,
    pub contact: ContactId,
    pub trace: Trace,
    pub provider_message_id: String,
    pub outcome: Outcome,
    /// When it was handed over, or the doubt arose.
    pub at: UnixMillis,
    /// When it is looked up; nothing where nobody can be asked.
    pub due: Option<UnixMillis>,
}

/// The unknown texts of a slot's outcome.
pub fn of<'o>(
    tenant: TenantId,
    outcome: &'o SlotOutcome,
    traces: &'o [Trace],
    reconciling: &'o Reconciling,
) -> impl Iterator<Item = Doubt> + 'o {
    let unknown = outcome
        .items
        .iter()
        .filter(|item| item.outcome == Outcome::Unknown);
    unknown.map(move |item| {
        let known = traces.iter().find(|trace| trace.position == item.position);
        let mut trace = known
            .cloned()
            .unwrap_or_else(|| nothing_known(outcome, item));
        let askable = reconciling.may_ask(&trace.provider);
        if !askable {
            // Nobody needs them.
            (trace.to, trace.fingerprint) = (None, None);
        }
        Doubt {
            message: MessageId::of(outcome.slot.run, outcome.slot.chunk, item.position),
            tenant,
            campaign: outcome.campaign,
            contact: item.contact,
            provider_message_id: String::new(),
            outcome: Outcome::Unknown,
            at: outcome.at,
            due: askable.then(|| reconciling.rules.first(outcome.at)),
            trace,
        }
    })
}

fn nothing_known(outcome: &SlotOutcome, item: &HandOver) -> Trace {
    let nobody = outcome.provider.is_empty();
    Trace {
        position: item.position,
        cause: if nobody {
            Cause::ProcessDied
        } else {
            Cause::NoAnswer
        },
        provider: outcome.provider.clone(),
        mode: route::mode_of(&outcome.provider),
        to: None,
        sender: String::new(),
        fingerprint: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_a_word_that_leads_back_to_it() {
        for cause in Cause::ALL {
            assert_eq!(Cause::parse(cause.as_str()), Some(cause));
        }
    }
}
