//! Where every position of a chunk stands, folded from what the stages report.
//!
//! Reports come twice, late and in any order. A position only ever moves to a mark that beats the one
//! it has, so every order of the same reports ends in the same marks. The one way back is
//! [`Marks::release`]: campaigns itself lets held positions go again.

use contract::chunk::Outcome;
use contract::{Reason, UnixMillis};
use serde::{Deserialize, Serialize};

/// What a stage says about a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub outcome: Outcome,
    pub reason: Reason,
    /// For [`Outcome::Held`]: when to try again; `None` means when the campaign resumes.
    pub until: Option<UnixMillis>,
}

impl Mark {
    pub const PENDING: Self = Self {
        outcome: Outcome::Pending,
        reason: Reason::OK,
        until: None,
    };

    /// A mark; `until` is kept only where it means something.
    pub fn new(outcome: Outcome, reason: Reason, until: Option<UnixMillis>) -> Self {
        let until = if outcome == Outcome::Held {
            until
        } else {
            None
        };
        Self {
            outcome,
            reason,
            until,
        }
    }

    /// A higher rank wins. Equal ranks are settled by the later `until`, then by the reason's name:
    /// arbitrary, but the same in every order.
    fn beats(&self, other: &Self) -> bool {
        (self.height(), self.until, self.reason.as_str())
            > (other.height(), other.until, other.reason.as_str())
    }

    /// The rank, but for what was unknown and then proven never to have been taken: above unknown, below any receipt.
    fn height(&self) -> u8 {
        if self.outcome == Outcome::Failed && self.reason == Reason::NOT_TAKEN {
            Outcome::Unknown.rank() + 5
        } else {
            self.outcome.rank()
        }
    }
}

/// How many positions stand at one outcome for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub outcome: Outcome,
    pub reason: Reason,
    pub count: u64,
}

/// The marks of one chunk: a short list of distinct ones and, per position, which of them it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks {
    kinds: Vec<Mark>,
    at: Vec<u16>,
}

/// Stored form. Ranks instead of variants, so that a new outcome does not shift old rows.
#[derive(Serialize, Deserialize)]
struct Stored {
    kinds: Vec<(u8, String, Option<i64>)>,
    at: Vec<u16>,
}

/// Why a stored chunk cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum MarksError {
    #[error("marks are not readable: {0}")]
    Codec(#[from] postcard::Error),
    #[error("marks name rank {0}, which no outcome has")]
    Rank(u8),
    #[error("marks do not fit a chunk of {0} positions")]
    Shape(usize),
}

impl Marks {
    /// `n` positions, all pending.
    pub fn pending(n: usize) -> Self {
        Self {
            kinds: vec![Mark::PENDING],
            at: vec![0; n],
        }
    }

    /// `n` positions that all stand at this mark.
    pub fn all(n: usize, mark: Mark) -> Self {
        Self {
            kinds: vec![mark],
            at: vec![0; n],
        }
    }

    /// Reads what [`Marks::encode`] wrote. Nothing stored means that nothing was reported yet.
    pub fn decode(n: usize, bytes: &[u8]) -> Result<Self, MarksError> {
        if bytes.is_empty() {
            return Ok(Self::pending(n));
        }
        let stored: Stored = postcard::from_bytes(bytes)?;
        if stored.at.len() != n
            || stored
                .at
                .iter()
                .any(|kind| usize::from(*kind) >= stored.kinds.len())
        {
            return Err(MarksError::Shape(n));
        }
        let mut kinds = Vec::with_capacity(stored.kinds.len());
        for (rank, reason, until) in stored.kinds {
            let outcome = Outcome::from_rank(rank).ok_or(MarksError::Rank(rank))?;
            kinds.push(Mark {
                outcome,
                reason: reason.into(),
                until: until.map(UnixMillis),
            });
        }
        Ok(Self {
            kinds,
            at: stored.at,
        })
    }

    /// The stored form, without marks that no position has any more.
    pub fn encode(&self) -> Result<Vec<u8>, MarksError> {
        let mut new_place = vec![None; self.kinds.len()];
        let mut kinds = Vec::new();
        let mut at = Vec::with_capacity(self.at.len());
        for &old in &self.at {
            let place = match new_place[usize::from(old)] {
                Some(place) => place,
                None => {
                    let mark = &self.kinds[usize::from(old)];
                    let place =
                        u16::try_from(kinds.len()).map_err(|_| MarksError::Shape(self.at.len()))?;
                    kinds.push((
                        mark.outcome.rank(),
                        mark.reason.to_string(),
                        mark.until.map(|at| at.0),
                    ));
                    new_place[usize::from(old)] = Some(place);
                    place
                }
            };
            at.push(place);
        }
        Ok(postcard::to_stdvec(&Stored { kinds, at })?)
    }

    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// The mark of every position, from position 0.
    pub fn iter(&self) -> impl Iterator<Item = (u16, &Mark)> {
        (0u16..).zip(self.at.iter().map(|kind| &self.kinds[usize::from(*kind)]))
    }

    /// Folds one report into the chunk; says how many positions moved. Positions beyond the chunk are ignored.
    pub fn fold(&mut self, mark: &Mark, positions: &[u16]) -> usize {
        let Some(kind) = self.kind_of(mark) else {
            return 0;
        };
        let mut moved = 0;
        for &position in positions {
            if let Some(at) = self.at.get_mut(usize::from(position))
                && mark.beats(&self.kinds[usize::from(*at)])
            {
                *at = kind;
                moved += 1;
            }
        }
        moved
    }

    /// Makes these held positions pending again: they are about to be released.
    pub fn release(&mut self, positions: &[u16]) {
        let Some(pending) = self.kind_of(&Mark::PENDING) else {
            return;
        };
        for &position in positions {
            if let Some(at) = self.at.get_mut(usize::from(position))
                && self.kinds[usize::from(*at)].outcome == Outcome::Held
            {
                *at = pending;
            }
        }
    }

    /// Lets at most `most` positions that are held for `reason` until later come back now; how many there were.
    pub fn come_back(&mut self, reason: &Reason, now: UnixMillis, most: usize) -> usize {
        let back = Mark::new(Outcome::Held, reason.clone(), Some(now));
        let later = |mark: &Mark| {
            let held = mark.outcome == Outcome::Held && mark.reason == *reason;
            held && mark.until.is_some_and(|until| until > now)
        };
        if !self.kinds.iter().any(later) {
            return 0;
        }
        let Some(place) = self.kind_of(&back) else {
            return 0;
        };
        let waiting = self
            .at
            .iter_mut()
            .filter(|at| later(&self.kinds[usize::from(**at)]));
        waiting.take(most).map(|at| *at = place).count()
    }

    /// Counts by outcome and reason; they add up to [`Marks::len`].
    pub fn tally(&self) -> Vec<Count> {
        let mut per_kind = vec![0u64; self.kinds.len()];
        for &kind in &self.at {
            per_kind[usize::from(kind)] += 1;
        }
        let mut counts: Vec<Count> = Vec::new();
        for (mark, count) in self
            .kinds
            .iter()
            .zip(per_kind)
            .filter(|(_, count)| *count > 0)
        {
            match counts
                .iter_mut()
                .find(|c| c.outcome == mark.outcome && c.reason == mark.reason)
            {
                Some(known) => known.count += count,
                None => counts.push(Count {
                    outcome: mark.outcome,
                    reason: mark.reason.clone(),
                    count,
                }),
            }
        }
        counts
    }

    fn kind_of(&mut self, mark: &Mark) -> Option<u16> {
        let place = self
            .kinds
            .iter()
            .position(|known| known == mark)
            .unwrap_or_else(|| {
                self.kinds.push(mark.clone());
                self.kinds.len() - 1
            });
        u16::try_from(place).ok()
    }
}

#[cfg(test)]
mod tests {
    use contract::chunk::CHUNK_SIZE;
    use proptest::prelude::*;

    use super::*;

    fn mark() -> impl Strategy<Value = Mark> {
        let reasons = prop::sample::select(vec![
            "OK",
            "NO_CONSENT",
            "QUIET_HOURS",
            "CARRIER_REJECTED",
            "NOT_TAKEN",
        ]);
        let until = prop::option::of((0i64..5).prop_map(UnixMillis));
        (prop::sample::select(&Outcome::ALL[1..]), reasons, until).prop_map(
            |(outcome, reason, until)| Mark::new(outcome, reason.to_string().into(), until),
        )
    }

    fn reports() -> impl Strategy<Value = Vec<(Mark, Vec<u16>)>> {
        prop::collection::vec((mark(), prop::collection::vec(0u16..24, 0..8)), 0..20)
    }

    fn fold(n: usize, reports: &[(Mark, Vec<u16>)]) -> Vec<Mark> {
        let mut marks = Marks::pending(n);
        for (mark, positions) in reports {
            marks.fold(mark, positions);
        }
        marks.iter().map(|(_, mark)| mark.clone()).collect()
    }

    proptest! {
        #[test]
        fn any_order_and_any_duplication_of_reports_end_in_the_same_marks(
            (reports, shuffled) in reports().prop_flat_map(|r| {
                let doubled: Vec<_> = r.iter().chain(&r).cloned().collect();
                (Just(r), Just(doubled).prop_shuffle())
            })
        ) {
            prop_assert_eq!(fold(20, &reports), fold(20, &shuffled));
        }

        #[test]
        fn a_position_never_moves_to_a_lower_rank(reports in reports()) {
            let mut marks = Marks::pending(20);
            for (mark, positions) in &reports {
                let before: Vec<u8> = marks.iter().map(|(_, m)| m.height()).collect();
                marks.fold(mark, positions);
                let after = marks.iter().map(|(_, m)| m.height());
                prop_assert!(before.iter().zip(after).all(|(before, after)| *before <= after));
            }
        }

        #[test]
        fn counts_add_up_and_survive_storage(reports in reports()) {
            let mut marks = Marks::pending(20);
            for (mark, positions) in &reports {
                marks.fold(mark, positions);
            }
            prop_assert_eq!(marks.tally().iter().map(|c| c.count).sum::<u64>(), 20);
            let back = Marks::decode(20, &marks.encode().unwrap()).unwrap();
            prop_assert!(back.iter().eq(marks.iter()));
        }

        #[test]
        fn reading_any_bytes_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(marks) = Marks::decode(4, &bytes) {
                prop_assert_eq!(marks.len(), 4);
            }
        }
    }

    #[test]
    fn a_late_hand_over_wins_over_a_cancellation() {
        let mut marks = Marks::pending(2);
        marks.fold(
            &Mark::new(Outcome::Cancelled, Reason::CAMPAIGN_CANCELLED, None),
            &[0, 1],
        );
        marks.fold(&Mark::new(Outcome::HandedOver, Reason::OK, None), &[1]);
        marks.fold(
            &Mark::new(Outcome::Cancelled, Reason::CAMPAIGN_CANCELLED, None),
            &[0, 1],
        );
        let outcomes: Vec<Outcome> = marks.iter().map(|(_, mark)| mark.outcome).collect();
        assert_eq!(outcomes, [Outcome::Cancelled, Outcome::HandedOver]);
    }

    #[test]
    fn those_held_for_a_reason_come_back_the_first_ones_first() {
        let mut marks = Marks::pending(10);
        let held = |reason, until| Mark::new(Outcome::Held, reason, until);
        let (now, later) = (UnixMillis(5), Some(UnixMillis(9)));
        marks.fold(&held(Reason::OPERATOR_PAUSED, later), &[1, 3, 5]);
        marks.fold(&held(Reason::OPERATOR_PAUSED, Some(UnixMillis(4))), &[2]);
        marks.fold(&held(Reason::QUIET_HOURS, later), &[4]);
        marks.fold(&held(Reason::OPERATOR_PAUSED, None), &[6]);
        assert_eq!(marks.come_back(&Reason::PACE_QUEUE, now, 10), 0);
        assert_eq!(marks.come_back(&Reason::OPERATOR_PAUSED, now, 2), 2);
        let due = |marks: &Marks| -> Vec<u16> {
            let due = marks.iter().filter(|(_, mark)| mark.until == Some(now));
            due.map(|(position, _)| position).collect()
        };
        assert_eq!(due(&marks), [1, 3]);
        assert_eq!(marks.come_back(&Reason::OPERATOR_PAUSED, now, 10), 1);
        assert_eq!(marks.come_back(&Reason::OPERATOR_PAUSED, now, 10), 0);
        assert_eq!(due(&marks), [1, 3, 5]);
    }

    #[test]
    fn what_was_unknown_may_turn_out_never_to_have_been_taken_and_a_receipt_beats_that() {
        let unknown = Mark::new(Outcome::Unknown, Reason::OUTCOME_UNKNOWN, None);
        let not_taken = Mark::new(Outcome::Failed, Reason::NOT_TAKEN, None);
        let taken = Mark::new(Outcome::Delivered, Reason::OK, None);
        assert_eq!(
            fold(
                1,
                &[(not_taken.clone(), vec![0]), (unknown.clone(), vec![0])]
            ),
            std::slice::from_ref(&not_taken)
        );
        assert_eq!(
            fold(
                1,
                &[
                    (taken.clone(), vec![0]),
                    (not_taken, vec![0]),
                    (unknown, vec![0])
                ]
            ),
            [taken]
        );
    }

    #[test]
    fn releasing_frees_held_positions_only() {
        let mut marks = Marks::pending(CHUNK_SIZE);
        marks.fold(
            &Mark::new(Outcome::Held, Reason::QUIET_HOURS, Some(UnixMillis(5))),
            &[0, 1],
        );
        marks.fold(
            &Mark::new(Outcome::Suppressed, Reason::NO_CONSENT, None),
            &[2],
        );
        marks.release(&[0, 2, 9_999]);
        let held: Vec<u16> = marks
            .iter()
            .filter(|(_, m)| m.outcome == Outcome::Held)
            .map(|(p, _)| p)
            .collect();
        assert_eq!(held, [1]);
        assert_eq!(
            marks
                .tally()
                .iter()
                .find(|c| c.outcome == Outcome::Suppressed)
                .map(|c| c.count),
            Some(1)
        );
    }
}
