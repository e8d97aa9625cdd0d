//! What is known of one message, and how two pieces of knowledge become one.
//!
//! Both halves of a [`Message`] only ever move up an order, so events may come in any order, any number of
//! times, and end in the same message. Each message stands in exactly one [`Bucket`] of the rollup.

use std::cmp::Reverse;

use ahash::AHashMap;
use contract::Reason;
use contract::chunk::Outcome;

use crate::horizon::HOUR;

/// One thing that became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// [`Outcome::rank`]
    pub rank: u8,
    pub at: i64,
    pub reason: Reason,
}

impl Step {
    /// Higher rank wins; among equals the earlier one, then the smaller reason, so that order of arrival never
    /// matters.
    pub fn order(&self) -> impl Ord {
        (self.rank, Reverse(self.at), Reverse(&self.reason))
    }

    pub fn beats(&self, other: &Self) -> bool {
        self.order() > other.order()
    }

    pub fn beats_all(&self, known: Option<&Self>) -> bool {
        known.is_none_or(|known| self.beats(known))
    }
}

/// What is known of one message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// What our stages made of it: suppressed, failed, handed over, …
    pub handed: Option<Step>,
    /// What the carrier said of it.
    pub receipt: Option<Step>,
    /// Segments of the handed step.
    pub segments: u8,
}

/// Where a message is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bucket {
    /// Start of the hour in which it left us (or was settled); of its receipt while that is all we know.
    pub hour: i64,
    pub rank: u8,
    pub reason: Reason,
}

impl Message {
    /// The step that counts.
    pub fn standing(&self) -> Option<&Step> {
        match (&self.handed, &self.receipt) {
            (Some(handed), Some(receipt)) if receipt.rank > handed.rank => Some(receipt),
            // What was unknown may turn out never to have been taken.
            (Some(handed), Some(receipt)) if handed.rank == Outcome::Unknown.rank() => {
                Some(receipt)
            }
            (Some(handed), _) => Some(handed),
            (None, receipt) => receipt.as_ref(),
        }
    }

    pub fn bucket(&self) -> Option<Bucket> {
        let standing = self.standing()?;
        let at = self.handed.as_ref().map_or(standing.at, |handed| handed.at);
        Some(Bucket {
            hour: at - at.rem_euclid(HOUR),
            rank: standing.rank,
            reason: standing.reason.clone(),
        })
    }

    /// Segments that may have gone on the air.
    pub fn segments_sent(&self) -> u8 {
        match self.standing() {
            Some(step) if step.rank >= Outcome::Unknown.rank() => self.segments,
            _ => 0,
        }
    }
}

/// Changes of the rollup, gathered over a batch: messages and segments by run number and bucket.
#[derive(Debug, Default)]
pub struct Moves {
    sums: AHashMap<(i64, Bucket), (i64, i64)>,
}

impl Moves {
    /// `before` became `after`.
    pub fn add(&mut self, run_no: i64, before: &Message, after: &Message) {
        for (message, sign) in [(before, -1), (after, 1)] {
            if let Some(bucket) = message.bucket() {
                let sum = self.sums.entry((run_no, bucket)).or_default();
                sum.0 += sign;
                sum.1 += sign * i64::from(message.segments_sent());
            }
        }
    }

    /// The sums that are not zero, in key order: rival writers lock rows in the same order.
    pub fn into_sorted(self) -> Vec<((i64, Bucket), (i64, i64))> {
        let mut sums: Vec<_> = self
            .sums
            .into_iter()
            .filter(|(_, sum)| *sum != (0, 0))
            .collect();
        sums.sort_unstable();
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn step() -> impl Strategy<Value = Step> {
        (
            prop::sample::select(vec![20u8, 22, 23, 30, 40]),
            0i64..3,
            prop::sample::select(vec!["A", "B"]),
        )
            .prop_map(|(rank, at, reason)| Step {
                rank,
                at: at * HOUR,
                reason: Reason::from(reason.to_string()),
            })
    }

    #[test]
    fn a_text_that_was_unknown_may_turn_out_not_to_have_been_taken_and_a_receipt_beats_that() {
        let step = |outcome: Outcome, reason: Reason| {
            Some(Step {
                rank: outcome.rank(),
                at: 0,
                reason,
            })
        };
        let mut message = Message {
            handed: step(Outcome::Unknown, Reason::OUTCOME_UNKNOWN),
            receipt: step(Outcome::Failed, Reason::NOT_TAKEN),
            segments: 2,
        };
        assert_eq!(message.standing(), message.receipt.as_ref());
        assert_eq!(message.segments_sent(), 0);
        let delivered = step(Outcome::Delivered, Reason::OK);
        assert!(
            delivered
                .as_ref()
                .is_some_and(|step| step.beats_all(message.receipt.as_ref()))
        );
        message.receipt = delivered;
        assert_eq!(message.segments_sent(), 2);
        message.handed = step(Outcome::Failed, Reason::CARRIER_FAULT);
        message.receipt = step(Outcome::Failed, Reason::NOT_TAKEN);
        assert_eq!(message.standing(), message.handed.as_ref());
    }

    proptest! {
        #[test]
        fn the_best_step_is_the_same_in_any_order(mut steps in prop::collection::vec(step(), 1..6), seed in any::<u64>()) {
            let best = |steps: &[Step]| {
                steps.iter().fold(None::<Step>, |known, step| {
                    if step.beats_all(known.as_ref()) { Some(step.clone()) } else { known }
                })
            };
            let first = best(&steps);
            let places = steps.len();
            let mut seed = seed;
            for place in (1..places).rev() {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                steps.swap(place, usize::try_from(seed >> 33).unwrap() % (place + 1));
            }
            steps.extend(steps.clone());
            prop_assert_eq!(best(&steps), first);
        }
    }

    #[test]
    fn a_move_leaves_one_bucket_for_another() {
        let handed = Message {
            handed: Some(Step {
                rank: 40,
                at: 10,
                reason: Reason::OK,
            }),
            receipt: None,
            segments: 2,
        };
        let delivered = Message {
            receipt: Some(Step {
                rank: 51,
                at: HOUR + 1,
                reason: Reason::OK,
            }),
            ..handed.clone()
        };
        let mut moves = Moves::default();
        moves.add(1, &Message::default(), &handed);
        moves.add(1, &handed, &delivered);
        let sums = moves.into_sorted();
        assert_eq!(
            sums,
            [(
                (
                    1,
                    Bucket {
                        hour: 0,
                        rank: 51,
                        reason: Reason::OK
                    }
                ),
                (1, 2)
            )]
        );
    }
}
