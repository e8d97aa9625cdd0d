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

    /// The mark of one position; `None` beyond the chunk.
    pub fn at(&self, position: u16) -> Option<&Mark> {
        let kind = self.at.get(usize::from(position))?;
        self.kinds.get(usize::from(*kind))
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
mod tests;
