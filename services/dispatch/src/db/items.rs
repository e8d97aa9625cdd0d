//! The packed form of a ledger row's texts: ids once, distinct decisions and reasons once.

use contract::chunk::{Encoding, Outcome};
use contract::dispatch::HandOver;
use contract::ids::{ContactId, DecisionId};
use contract::reason::Reason;
use serde::{Deserialize, Serialize};

use crate::slots;

/// What a row's first byte says; a new shape gets a new number.
const SHAPE: u8 = 1;

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Items {
    decisions: Vec<DecisionId>,
    reasons: Vec<Reason>,
    pub items: Vec<Item>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Position within the slot.
    pub place: u8,
    /// Rank of the outcome at hand-over.
    pub rank: u8,
    pub segments: u8,
    pub encoding: Encoding,
    pub contact: ContactId,
    decision: u8,
    reason: u8,
    pub provider_message_id: String,
}

impl Item {
    pub fn outcome(&self) -> Outcome {
        Outcome::from_rank(self.rank).unwrap_or(Outcome::Unknown)
    }
}

impl Items {
    /// Packs the items that had a permit.
    pub fn pack<'a>(hand_overs: impl Iterator<Item = &'a HandOver>) -> Self {
        let mut packed = Self::default();
        for item in hand_overs {
            let decision = index(&mut packed.decisions, &item.decision);
            let reason = index(&mut packed.reasons, &item.reason);
            packed.items.push(Item {
                place: slots::place(item.position),
                rank: item.outcome.rank(),
                segments: item.segments,
                encoding: item.encoding,
                contact: item.contact,
                decision,
                reason,
                provider_message_id: item.provider_message_id.clone(),
            });
        }
        packed
    }

    pub fn to_bytes(&self) -> anyhow::Result<Vec<u8>> {
        Ok(postcard::to_extend(self, vec![SHAPE])?)
    }

    pub fn from_bytes(bytes: &[u8]) -> anyhow::Result<Self> {
        match bytes.split_first() {
            Some((&SHAPE, rest)) => Ok(postcard::from_bytes(rest)?),
            Some((shape, _)) => anyhow::bail!("a ledger row has the unknown shape {shape}"),
            None => anyhow::bail!("a ledger row is empty"),
        }
    }

    /// Bit `n` is set when place `n` is in the row.
    pub fn mask(&self) -> u64 {
        self.items
            .iter()
            .fold(0, |mask, item| mask | 1 << (item.place % 64))
    }

    /// Ranks by place at hand-over.
    pub fn states(&self) -> [u8; 64] {
        let mut states = [0; 64];
        for item in &self.items {
            states[usize::from(item.place % 64)] = item.rank;
        }
        states
    }

    /// What names the row within its slot: its lowest place.
    pub fn part(&self) -> u8 {
        self.items.iter().map(|item| item.place).min().unwrap_or(0)
    }

    pub fn decision(&self, item: &Item) -> Option<DecisionId> {
        self.decisions.get(usize::from(item.decision)).copied()
    }

    pub fn reason(&self, item: &Item) -> Reason {
        self.reasons
            .get(usize::from(item.reason))
            .cloned()
            .unwrap_or(Reason::OK)
    }
}

/// Index of a value among the distinct ones so far. A slot holds 64 texts, so it fits a byte.
fn index<T: PartialEq + Clone>(known: &mut Vec<T>, value: &T) -> u8 {
    let at = known
        .iter()
        .rposition(|one| one == value)
        .unwrap_or_else(|| {
            known.push(value.clone());
            known.len() - 1
        });
    u8::try_from(at).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_round_trips_and_repeats_no_decision() {
        let hand_overs: Vec<HandOver> = (64..128_u16)
            .map(|position| HandOver {
                position,
                contact: ContactId::from_raw(u128::from(position)),
                decision: DecisionId::from_raw(u128::from(position % 2)),
                outcome: if position == 70 {
                    Outcome::Unknown
                } else {
                    Outcome::HandedOver
                },
                reason: if position == 70 {
                    Reason::OUTCOME_UNKNOWN
                } else {
                    Reason::OK
                },
                until: None,
                segments: 1,
                encoding: Encoding::Gsm7,
                provider_message_id: format!("{position:016x}"),
            })
            .collect();
        let packed = Items::pack(hand_overs.iter());
        assert_eq!(
            (packed.decisions.len(), packed.mask(), packed.part()),
            (2, u64::MAX, 0)
        );
        let bytes = packed.to_bytes().unwrap();
        assert!(bytes.len() < 64 * 41, "{}", bytes.len());
        let read = Items::from_bytes(&bytes).unwrap();
        assert_eq!(read, packed);
        let unknown = &read.items[6];
        assert_eq!(
            (unknown.outcome(), read.reason(unknown)),
            (Outcome::Unknown, Reason::OUTCOME_UNKNOWN)
        );
        assert_eq!(read.decision(unknown), Some(DecisionId::from_raw(0)));
    }

    #[test]
    fn garbage_is_an_error() {
        assert!(Items::from_bytes(&[]).is_err());
        assert!(Items::from_bytes(&[9, 1, 2]).is_err());
    }
}
