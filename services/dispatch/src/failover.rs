//! Hands permitted texts to a carrier, and what surely did not leave there to the next one, within the life of the
//! same permits.
//!
//! Only a provider's own word brings a permit back ([`channels::Tried::elsewhere`]): never for a text that may have
//! left, that a filter stopped or that its recipient blocks.

use std::time::{Duration, Instant};

use channels::look_up::{Fingerprint, fingerprint};
use channels::{FindBy, Submission, SubmitOutcome, Tried};
use contract::DecisionId;
use contract::consent::{Permit, RecordProviderBlock};
use contract::dispatch::{Passed, Routed};
use contract::ids::MessageId;

use crate::blocks::{Person, told};
use crate::doubt::{Cause, Trace};
use crate::hand_over::Chunk;
use crate::legs::Way;
use crate::links::{Entered, Link};
use crate::outcomes::Outcomes;
use crate::pick::{Picked, another};

/// Too little life to try another carrier in.
const LEAST: Duration = Duration::from_millis(200);

/// What goes to a carrier.
pub type Batch = Vec<(Permit, Submission)>;

/// For how long the permits may be used.
#[derive(Debug, Clone, Copy)]
pub struct Life {
    pub asked: Instant,
    pub good_for: Duration,
}

impl Life {
    fn end(self) -> Instant {
        self.asked + self.good_for
    }

    /// Half of what is left, so that another carrier has time of its own.
    fn half(self) -> Instant {
        let now = Instant::now();
        now + self.end().saturating_duration_since(now) / 2
    }
}

/// Hands the batch over, never to a provider of these names but the first; `outcomes` has what became of each text afterwards. Says whose blocks the carriers knew.
pub async fn hand_over<'a>(
    chunk: &Chunk<'a>,
    way: &Way,
    (first, entered): (Picked<'a>, Entered<'a>),
    (batch, life, barred): (Batch, Life, &[String]),
    (people, outcomes): (&[Person], &mut Outcomes),
) -> Vec<RecordProviderBlock> {
    let (app, plan) = (chunk.app, &*way.plan);
    let (mut blocks, mut batch) = (Vec::new(), batch);
    let is_barred = |at: &usize| {
        let link = app.links.get(plan.candidates[*at].link);
        link.is_some_and(|link| barred.iter().any(|name| **name == *link.name))
    };
    let mut tried: Vec<usize> = (0..plan.candidates.len()).filter(is_barred).collect();
    let mut passed: Vec<Passed> = plan.passed.clone();
    let (mut picked, mut entered) = (first, entered);
    passed.append(&mut picked.passed);
    loop {
        tried.push(picked.at);
        let link = picked.link;
        let spare = plan.candidates.len() > tried.len();
        // Texts are kept only where they may be needed again.
        let kept: Vec<Submission> = if spare {
            batch.iter().map(|(_, text)| text.clone()).collect()
        } else {
            Vec::new()
        };
        let deadline = if spare { life.half() } else { life.end() };
        let sent: Vec<(u16, DecisionId)> = batch
            .iter()
            .map(|(permit, _)| (permit.message().position(), permit.decision()))
            .collect();
        let fingerprints = fingerprints(link, &batch);
        let started = Instant::now();
        let results = link.provider.hand_over(batch, deadline).await;
        let took = started.elapsed();
        let troubled = results
            .iter()
            .any(|one| matches!(one.outcome(), SubmitOutcome::NotSent { .. }));
        entered.went(took, life.good_for, troubled);
        drop(entered);
        let standing = picked
            .passing
            .went(took, results.iter().map(Tried::outcome));
        link.tell(standing);
        let next = if spare
            && Instant::now() + LEAST < life.end()
            && results.iter().any(|one| one.outcome().may_go_elsewhere())
        {
            another(&app.links, plan, &tried)
        } else {
            None
        };
        let (ended, again) = split(sent, results, kept, next.is_some());
        let (sent, results): (Vec<_>, Vec<_>) = ended.into_iter().unzip();
        blocks.extend(told(
            (&link.name, &way.sender),
            people,
            (&sent, &results),
            |position| MessageId::of(chunk.head.run, chunk.head.chunk, position),
            app.cx.clock.millis(),
        ));
        outcomes.doubt(doubtful(
            chunk,
            way,
            &link.name,
            people,
            (&sent, &results),
            &fingerprints,
        ));
        if !sent.is_empty() {
            outcomes.via(routed(way, picked.at, &passed));
            outcomes.sent(&link.name, sent, results);
        }
        let Some(next) = next.filter(|_| !again.is_empty()) else {
            return blocks;
        };
        metrics::counter!("dispatch_failover_texts_total", "from" => link.name.to_string(), "to" => next.link.name.to_string())
            .increment(again.len() as u64);
        passed.push(Passed {
            route: plan.candidates[picked.at].route.to_string(),
            why: again
                .first()
                .map(|(_, _, outcome)| why(outcome))
                .unwrap_or_default(),
            tried: true,
        });
        batch = again
            .into_iter()
            .map(|(permit, text, _)| (permit, text))
            .collect();
        entered = next.link.gate().enter(true).await;
        picked = next;
    }
}

/// What a carrier that finds texts by their words needs to find these, should they be in doubt. By position.
fn fingerprints(link: &Link, batch: &Batch) -> Vec<(u16, Fingerprint)> {
    if link.provider.capabilities().look_up.find_by != Some(FindBy::Recipient) {
        return Vec::new();
    }
    let print = |(permit, text): &(Permit, Submission)| {
        (permit.message().position(), fingerprint(&text.body))
    };
    batch.iter().map(print).collect()
}

/// What is known of the texts that nobody can say of whether they left.
fn doubtful(
    chunk: &Chunk<'_>,
    way: &Way,
    provider: &str,
    people: &[Person],
    (sent, results): (&[(u16, DecisionId)], &[SubmitOutcome]),
    fingerprints: &[(u16, Fingerprint)],
) -> Vec<Trace> {
    let in_doubt = sent
        .iter()
        .zip(results)
        .filter(|(_, result)| **result == SubmitOutcome::Unknown);
    let trace = |((position, _), _): (&(u16, DecisionId), &SubmitOutcome)| {
        let person = people.iter().find(|(at, ..)| at == position);
        let print = fingerprints.iter().find(|(at, _)| at == position);
        Trace {
            position: *position,
            cause: Cause::NoAnswer,
            provider: provider.to_string(),
            mode: chunk.head.mode,
            to: person.map(|(_, phone, _)| *phone),
            sender: way.sender.clone(),
            fingerprint: print.map(|(_, print)| *print),
        }
    };
    in_doubt.map(trace).collect()
}

/// A text that has its final outcome with a carrier, or one that goes to the next.
type Ended = ((u16, DecisionId), SubmitOutcome);
type Again = (Permit, Submission, SubmitOutcome);

/// Parts what has ended from what goes on. A text without a result may have left.
fn split(
    sent: Vec<(u16, DecisionId)>,
    results: Vec<Tried>,
    kept: Vec<Submission>,
    go_on: bool,
) -> (Vec<Ended>, Vec<Again>) {
    let (mut ended, mut again) = (Vec::with_capacity(sent.len()), Vec::new());
    let mut results = results.into_iter();
    let mut kept = kept.into_iter();
    for about in sent {
        let (result, text) = (results.next(), kept.next());
        let outcome = match (result, text) {
            (None, _) => SubmitOutcome::Unknown,
            (Some(result), Some(text)) if go_on => match result.elsewhere() {
                Ok((permit, outcome)) => {
                    again.push((permit, text, outcome));
                    continue;
                }
                Err(outcome) => outcome,
            },
            (Some(result), _) => result.into_outcome(),
        };
        ended.push((about, outcome));
    }
    (ended, again)
}

/// What is worth recording about the choice.
fn routed(way: &Way, at: usize, passed: &[Passed]) -> Option<Routed> {
    let worth = way.plan.chosen || way.of_pool || !passed.is_empty();
    worth.then(|| Routed {
        route: way.plan.candidates[at].route.to_string(),
        sender: way.of_pool.then(|| way.sender.clone()),
        passed: passed.to_vec(),
    })
}

fn why(outcome: &SubmitOutcome) -> String {
    match outcome {
        SubmitOutcome::NotSent { reason } | SubmitOutcome::Rejected { reason, .. } => {
            reason.to_string()
        }
        SubmitOutcome::Accepted { .. } | SubmitOutcome::Unknown => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use channels::Fault;
    use contract::chunk::Encoding;
    use contract::{Phone, Reason};
    use proptest::prelude::*;

    fn any_outcome() -> impl Strategy<Value = SubmitOutcome> {
        let fault = prop::sample::select(Fault::ALL.to_vec());
        prop_oneof![
            Just(SubmitOutcome::Unknown),
            Just(SubmitOutcome::Accepted {
                provider_message_id: "1".into()
            }),
            Just(SubmitOutcome::NotSent {
                reason: Reason::NO_ROUTE
            }),
            fault.prop_map(|fault| SubmitOutcome::rejected(fault, "x")),
        ]
    }

    proptest! {
        /// Every text either ends or goes on, never both; what may have left never goes on.
        #[test]
        fn what_may_have_left_never_goes_on(outcomes in prop::collection::vec(any_outcome(), 1..64), missing in 0_usize..3, go_on: bool) {
            let decision = DecisionId::from_raw(1);
            let sent: Vec<_> = (0..outcomes.len()).map(|n| (u16::try_from(n).unwrap(), decision)).collect();
            let results = outcomes.iter().cloned().enumerate().take(outcomes.len().saturating_sub(missing));
            let results: Vec<Tried> = results
                .map(|(n, outcome)| Tried::new(Permit::issue(MessageId::from_raw(n as u128), decision, 1), outcome))
                .collect();
            let (has_result, text) = (results.len(), Submission {
                to: Phone::from_digits(15_005_550_006).unwrap(), from: "A".into(), encoding: Encoding::Gsm7, segments: 1,
                body: "hi".into(), valid_for: None,
            });
            let kept = vec![text; outcomes.len()];
            let (ended, again) = split(sent, results, kept, go_on);
            prop_assert_eq!(ended.len() + again.len(), outcomes.len());
            for (permit, _, outcome) in &again {
                let n = usize::from(permit.message().position());
                prop_assert!(go_on && n < has_result && outcomes[n].may_go_elsewhere());
                prop_assert_eq!(outcome, &outcomes[n]);
            }
            for ((position, _), outcome) in &ended {
                let n = usize::from(*position);
                let expected = if n < has_result { &outcomes[n] } else { &SubmitOutcome::Unknown };
                prop_assert_eq!(outcome, expected);
            }
        }
    }
}
