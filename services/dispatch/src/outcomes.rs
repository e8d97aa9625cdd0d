//! What became of the texts of one slot, gathered from consent's refusals and the carrier's answers.

use channels::SubmitOutcome;
use contract::chunk::{Encoding, Outcome, OutcomeGroup, SlotRef, Text};
use contract::dispatch::{HandOver, Routed, SlotOutcome};
use contract::ids::{CampaignId, ContactId, DecisionId};
use contract::reason::Reason;
use contract::time::UnixMillis;

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
mod tests {
    use super::*;
    use contract::ids::RunId;
    use contract::phone::Phone;

    fn outcomes() -> Outcomes {
        let text = |position| Text {
            position,
            contact: ContactId::from_raw(u128::from(position)),
            phone: Phone::from_digits(15_005_551_000).unwrap(),
            zone: None,
            decision: DecisionId::from_raw(1),
            encoding: Encoding::Gsm7,
            segments: 2,
            body: "hi".to_string(),
        };
        let slot = SlotRef {
            run: RunId::from_raw(1 << 40),
            chunk: 0,
            slot: 0,
        };
        Outcomes::new(
            slot,
            CampaignId::from_raw(1),
            &[text(0), text(1), text(2), text(5)],
        )
    }

    #[test]
    fn carrier_answers_become_outcomes_and_a_missing_one_is_unknown() {
        let mut outcomes = outcomes();
        let sent = [0, 1, 2, 5]
            .map(|position| (position, DecisionId::from_raw(9)))
            .to_vec();
        let results = vec![
            SubmitOutcome::Accepted {
                provider_message_id: "a".to_string(),
            },
            SubmitOutcome::rejected(channels::Fault::ProviderFault, "11"),
            SubmitOutcome::NotSent {
                reason: Reason::PERMIT_EXPIRED,
            },
        ];
        outcomes.sent("p", sent, results);
        let outcome = outcomes.finish(UnixMillis(1), true).unwrap();
        let seen: Vec<_> = outcome
            .items
            .iter()
            .map(|item| (item.outcome, item.reason.clone()))
            .collect();
        assert_eq!(seen[0], (Outcome::HandedOver, Reason::OK));
        assert_eq!(seen[1], (Outcome::Failed, Reason::CARRIER_FAULT));
        assert_eq!(seen[2], (Outcome::Failed, Reason::PERMIT_EXPIRED));
        assert_eq!(seen[3], (Outcome::Unknown, Reason::OUTCOME_UNKNOWN));
        assert_eq!(
            (outcome.items[0].decision, outcome.items[0].segments),
            (DecisionId::from_raw(9), 2)
        );
    }

    #[test]
    fn refusals_keep_their_reason_and_strangers_are_ignored() {
        let mut outcomes = outcomes();
        outcomes.refused(vec![OutcomeGroup {
            outcome: Outcome::Held,
            reason: Reason::QUIET_HOURS,
            until: Some(UnixMillis(77)),
            positions: vec![1, 400],
            contacts: vec![ContactId::from_raw(1); 2],
            decisions: vec![DecisionId::from_raw(3); 2],
        }]);
        let outcome = outcomes.finish(UnixMillis(1), false).unwrap();
        assert_eq!(outcome.items.len(), 1);
        assert_eq!(
            (outcome.items[0].position, outcome.items[0].until),
            (1, Some(UnixMillis(77)))
        );
    }

    #[test]
    fn each_carrier_that_answered_has_a_group_and_refusals_stand_in_the_first() {
        let mut outcomes = outcomes();
        outcomes.unknown([5].into_iter());
        let decision = DecisionId::from_raw(9);
        let routed = |route: &str| {
            Some(Routed {
                route: route.to_string(),
                sender: None,
                passed: Vec::new(),
            })
        };
        outcomes.via(routed("a"));
        outcomes.sent("p", vec![(1, decision)], vec![SubmitOutcome::Unknown]);
        outcomes.via(routed("b"));
        let accepted = SubmitOutcome::Accepted {
            provider_message_id: "1".to_string(),
        };
        outcomes.sent(
            "q",
            vec![(0, decision), (2, decision)],
            vec![accepted.clone(), accepted],
        );
        let groups = outcomes.groups(UnixMillis(1), true);
        let seen: Vec<(&str, Vec<u16>, Option<Routed>)> = groups
            .iter()
            .map(|group| {
                let items = group.outcome.items.iter().map(|item| item.position);
                (
                    group.outcome.provider.as_str(),
                    items.collect(),
                    group.routed.clone(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("p", vec![5, 1], routed("a")),
                ("q", vec![0, 2], routed("b"))
            ]
        );
    }

    #[test]
    fn nothing_to_say_is_nothing_to_record() {
        assert!(outcomes().finish(UnixMillis(1), false).is_none());
        assert!(
            outcomes()
                .finish(UnixMillis(1), true)
                .is_some_and(|outcome| outcome.items.is_empty())
        );
    }
}
