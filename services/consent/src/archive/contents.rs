//! What must hold between the parts of an archive, whoever signed it.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{ArchiveError, ChainedEntry};
use crate::chain::{self, GENESIS, Head};

/// The parts to compare.
pub struct Contents<'a> {
    pub tenant: &'a str,
    pub ledger: &'a [ChainedEntry],
    pub messages: &'a [Value],
    pub decisions: &'a [Value],
    pub policy_sets: &'a [Value],
    pub chain_head: Option<Head>,
}

impl Contents<'_> {
    /// The first thing that does not hold.
    pub fn check(&self) -> Result<(), ArchiveError> {
        self.check_ledger()?;
        let sets = self.check_policy_sets()?;
        let decisions = self.check_decisions(&sets)?;
        for (place, message) in places(self.messages) {
            match message.get("decision") {
                Some(Value::Null) => {}
                Some(Value::String(id)) if decisions.contains(id.as_str()) => {}
                Some(Value::String(_)) => return Err(ArchiveError::DecisionMissing { place }),
                _ => return Err(ArchiveError::DecisionUnnamed { place }),
            }
        }
        Ok(())
    }

    /// A subject's entries are some of the tenant's, so rows between them may be missing; but each proves
    /// its own hash, and neighbours prove each other.
    fn check_ledger(&self) -> Result<(), ArchiveError> {
        let mut before = Head {
            seq: 0,
            hash: GENESIS,
        };
        for entry in self.ledger {
            let seq = entry.link.seq;
            if seq <= before.seq {
                return Err(ArchiveError::EntryOutOfOrder { seq });
            }
            if entry.link.tenant != self.tenant {
                return Err(ArchiveError::ForeignEntry { seq });
            }
            if chain::hash(&entry.prev_hash, &entry.link) != entry.hash {
                return Err(ArchiveError::EntryAltered { seq });
            }
            if seq - 1 == before.seq && entry.prev_hash != before.hash {
                return Err(ArchiveError::LinkBroken { seq });
            }
            if let Some(personal) = &entry.personal
                && chain::seal(&personal.salt, &personal.text) != entry.link.sealed
            {
                return Err(ArchiveError::SealBroken { seq });
            }
            if let Some(head) = self.chain_head
                && (seq > head.seq || (seq == head.seq && entry.hash != head.hash))
            {
                return Err(ArchiveError::HeadContradicted { seq });
            }
            before = Head {
                seq,
                hash: entry.hash,
            };
        }
        Ok(())
    }

    fn check_policy_sets(&self) -> Result<HashSet<&str>, ArchiveError> {
        let mut sets = HashSet::new();
        for (place, set) in places(self.policy_sets) {
            let hash = text(set, "hash").filter(|hash| sets.insert(*hash));
            hash.ok_or(ArchiveError::PolicySetUnnamed { place })?;
        }
        Ok(sets)
    }

    fn check_decisions(&self, sets: &HashSet<&str>) -> Result<HashSet<&str>, ArchiveError> {
        let mut ids = HashSet::new();
        for (place, decision) in places(self.decisions) {
            let (Some(id), Some(set)) = (text(decision, "id"), text(decision, "policy_set")) else {
                return Err(ArchiveError::DecisionIncomplete { place });
            };
            if !ids.insert(id) {
                return Err(ArchiveError::DecisionTwice { place });
            }
            if !sets.contains(set) {
                return Err(ArchiveError::PolicySetMissing { place });
            }
        }
        Ok(ids)
    }
}

/// How many entries are missing below the latest one of each person in `ledger`: a person's entries are numbered
/// from 1 by their revision. What lies after the latest one shown, no archive can tell.
pub fn left_out(ledger: &[ChainedEntry]) -> u64 {
    let mut people: HashMap<&[u8; 32], (u64, u64)> = HashMap::new();
    for ChainedEntry { link, .. } in ledger {
        let (latest, shown) = people.entry(&link.person).or_default();
        *latest = (*latest).max(u64::try_from(link.revision).unwrap_or(0));
        *shown += 1;
    }
    people.values().fold(0, |sum: u64, (latest, shown)| {
        sum.saturating_add(latest.saturating_sub(*shown))
    })
}

fn places(values: &[Value]) -> impl Iterator<Item = (usize, &Value)> {
    (1..).zip(values)
}

fn text<'a>(object: &'a Value, field: &str) -> Option<&'a str> {
    object.get(field)?.as_str()
}
