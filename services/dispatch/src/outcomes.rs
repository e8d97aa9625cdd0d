//! What became of the texts of one slot, gathered from consent's refusals and the carrier's answers.

use channels::{Fault, SubmitOutcome};
use contract::chunk::{Encoding, Outcome, OutcomeGroup, SlotRef, Text};
use contract::dispatch::{HandOver, Routed, SlotOutcome};
use contract::ids::{CampaignId, ContactId, DecisionId, MessageId};
use contract::reason::Reason;
use contract::time::UnixMillis;

use crate::attempts::Left;
use crate::db::carrier_code::CarrierCode;
use crate::doubt::Trace;
use crate::money::admit::Stopped;

/// What stays of a text once its body has left.
#[derive(Debug, Clone, Copy)]
struct About {
    position: u16,
    contact: ContactId,
    decision: DecisionId,
    segments: u8,
    encoding: Encoding,
}

#[derive(Debug)]
pub struct Outcomes {
    slot: SlotRef,
    campaign: CampaignId,
    provider: String,
    about: Vec<About>,
    items: Vec<HandOver>,
    /// From which item on a carrier's answers stand, in ascending order.
    ways: Vec<TakenWay>,
    routed: Option<Routed>,
    /// What may be tried again.
    left: Vec<Left>,
    /// Carriers' own words of refused texts.
    refusals: Vec<Refusal>,
    /// What is known of unknown texts.
    traces: Vec<Trace>,
}

#[derive(Debug)]
struct Refusal {
    position: u16,
    provider: String,
    code: String,
    fault: Fault,
}

/// Items from `from` on went this way.
#[derive(Debug)]
struct TakenWay {
    from: usize,
    provider: String,
    routed: Option<Routed>,
}

/// Texts of one slot that went the same way.
#[derive(Debug, PartialEq)]
pub struct Group {
    pub outcome: SlotOutcome,
    /// How the carrier was chosen, where there was a choice.
    pub routed: Option<Routed>,
}

impl Outcomes {
    /// `texts` in ascending order of position.
    pub fn new(slot: SlotRef, campaign: CampaignId, texts: &[Text]) -> Self {
        let about = texts.iter().map(|text| {
            let Text {
                position,
                contact,
                decision,
                segments,
                encoding,
                ..
            } = *text;
            About {
                position,
                contact,
                decision,
                segments,
                encoding,
            }
        });
        let items = Vec::with_capacity(texts.len());
        Self {
            slot,
            campaign,
            provider: String::new(),
            about: about.collect(),
            items,
            ways: Vec::new(),
            routed: None,
            left: Vec::new(),
            refusals: Vec::new(),
            traces: Vec::new(),
        }
    }

    /// Texts that consent refused just now.
    pub fn refused(&mut self, groups: Vec<OutcomeGroup>) {
        for group in groups {
            for (n, position) in group.positions.iter().enumerate() {
                let decision = group.decisions.get(n).copied();
                self.add(
                    *position,
                    decision,
                    group.outcome,
                    group.reason.clone(),
                    group.until,
                    String::new(),
                );
            }
        }
    }

    /// Texts that were permitted, and nobody can say whether they left.
    pub fn unknown(&mut self, positions: impl Iterator<Item = u16>) {
        for position in positions {
            self.add(
                position,
                None,
                Outcome::Unknown,
                Reason::OUTCOME_UNKNOWN,
                None,
                String::new(),
            );
        }
    }

    /// Every text, with the same fate, before permits were asked for.
    pub fn all(&mut self, outcome: Outcome, reason: &Reason) {
        for position in self
            .about
            .iter()
            .map(|about| about.position)
            .collect::<Vec<_>>()
        {
            self.add(position, None, outcome, reason.clone(), None, String::new());
        }
    }

    /// How the carrier of the next [`Outcomes::sent`] was chosen.
    pub fn via(&mut self, routed: Option<Routed>) {
        self.routed = routed;
    }

    /// Texts that money or the limits of velocity stop.
    pub fn stopped(&mut self, stopped: Vec<Stopped>) {
        for Stopped {
            position,
            outcome,
            reason,
            until,
        } in stopped
        {
            self.add(position, None, outcome, reason, until, String::new());
        }
    }

    /// The carrier's answers, which line up with `sent`; a missing one is unknown.
    pub fn sent(
        &mut self,
        provider: &str,
        sent: Vec<(u16, DecisionId)>,
        results: Vec<SubmitOutcome>,
    ) {
        self.provider = provider.to_string();
        self.ways.push(TakenWay {
            from: self.items.len(),
            provider: provider.to_string(),
            routed: self.routed.take(),
        });
        let results = results
            .into_iter()
            .chain(std::iter::repeat(SubmitOutcome::Unknown));
        for ((position, decision), result) in sent.into_iter().zip(results) {
            self.left.extend(Left::of(position, provider, &result));
            if let SubmitOutcome::Rejected { code, fault, .. } = &result {
                self.refusals.push(Refusal {
                    position,
                    provider: provider.to_string(),
                    code: code.clone(),
                    fault: *fault,
                });
            }
            let (outcome, reason, id) = match result {
                SubmitOutcome::Accepted {
                    provider_message_id,
                } => (Outcome::HandedOver, Reason::OK, provider_message_id),
                SubmitOutcome::Rejected { reason, .. } | SubmitOutcome::NotSent { reason } => {
                    (Outcome::Failed, reason, String::new())
                }
                SubmitOutcome::Unknown => {
                    (Outcome::Unknown, Reason::OUTCOME_UNKNOWN, String::new())
                }
            };
            self.add(position, Some(decision), outcome, reason, None, id);
        }
    }

    /// Texts that surely did not leave and may be tried again.
    pub fn take_left(&mut self) -> Vec<Left> {
        std::mem::take(&mut self.left)
    }

    /// A text that has failed is tried again at `until` instead. Says whose it is, and under which decision it
    /// was permitted; `None`, and nothing changed, if it has not failed.
    pub fn hold(&mut self, position: u16, until: UnixMillis) -> Option<(ContactId, DecisionId)> {
        let failed =
            |item: &&mut HandOver| item.position == position && item.outcome == Outcome::Failed;
        let item = self.items.iter_mut().find(failed)?;
        item.outcome = Outcome::Held;
        item.until = Some(until);
        // Its attempt has the code.
        self.refusals.retain(|one| one.position != position);
        Some((item.contact, item.decision))
    }

    /// What is known of texts in doubt.
    pub fn doubt(&mut self, traces: impl IntoIterator<Item = Trace>) {
        self.traces.extend(traces);
    }

    pub fn take_traces(&mut self) -> Vec<Trace> {
        std::mem::take(&mut self.traces)
    }

    /// What carriers said of texts that have failed.
    pub fn take_codes(&mut self, at: UnixMillis) -> Vec<CarrierCode> {
        let slot = self.slot;
        let refusals = std::mem::take(&mut self.refusals).into_iter();
        let code = |one: Refusal| CarrierCode {
            message: MessageId::of(slot.run, slot.chunk, one.position),
            outcome: Outcome::Failed,
            provider: one.provider,
            code: one.code,
            fault: Some(one.fault),
            at: at.0,
        };
        refusals.map(code).collect()
    }

    /// One group for each carrier that answered, the first with everything that reached none. Empty if there is
    /// nothing to record and no permit to close.
    pub fn groups(mut self, at: UnixMillis, permitted: bool) -> Vec<Group> {
        let mut groups = Vec::with_capacity(1);
        let mut ways = std::mem::take(&mut self.ways);
        let (slot, campaign) = (self.slot, self.campaign);
        while ways.len() > 1 {
            if let Some(TakenWay {
                from,
                provider,
                routed,
            }) = ways.pop()
            {
                let items = self.items.split_off(from);
                let outcome = SlotOutcome {
                    slot,
                    campaign,
                    provider,
                    at,
                    items,
                };
                groups.push(Group { outcome, routed });
            }
        }
        let first = ways.pop();
        let routed = first.and_then(|way| {
            self.provider = way.provider;
            way.routed
        });
        if let Some(outcome) = self.finish(at, permitted) {
            groups.push(Group { outcome, routed });
        }
        groups.reverse();
        groups
    }

    /// `None` if there is nothing to record and no permit to close.
    pub fn finish(self, at: UnixMillis, permitted: bool) -> Option<SlotOutcome> {
        let Self {
            slot,
            campaign,
            provider,
            items,
            ..
        } = self;
        (permitted || !items.is_empty()).then_some(SlotOutcome {
            slot,
            campaign,
            provider,
            at,
            items,
        })
    }

    fn add(
        &mut self,
        position: u16,
        decision: Option<DecisionId>,
        outcome: Outcome,
        reason: Reason,
        until: Option<UnixMillis>,
        provider_message_id: String,
    ) {
        let Ok(at) = self
            .about
            .binary_search_by_key(&position, |about| about.position)
        else {
            return;
        };
        let About {
            contact,
            decision: screened,
            segments,
            encoding,
            ..
        } = self.about[at];
        let decision = decision.unwrap_or(screened);
        self.items.push(HandOver {
            position,
            contact,
            decision,
            outcome,
            reason,
            until,
            segments,
            encoding,
            provider_message_id,
        });
    }
}

#[cfg(test)]
#[path = "outcomes_tests.rs"]
mod tests;
