//! Decisions already made, by their facts. A Cedar decision costs tens of microseconds, looking one up
//! some nanoseconds, and a million recipients have only a few thousand distinct facts.

use std::sync::{Arc, PoisonError, RwLock};

use ahash::AHashMap;

use crate::decision::Decision;
use crate::facts::Facts;
use crate::rules::Rules;

/// Decisions kept; then it starts anew. Local minutes are among the facts, so old entries are useless anyway.
const CAPACITY: usize = 65_536;

/// Bounded memory of one policy set's decisions.
pub struct Memo {
    rules: Rules,
    made: RwLock<AHashMap<Facts, Arc<Decision>>>,
}

impl Memo {
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            made: RwLock::default(),
        }
    }

    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The decision for each of `facts`, in their order.
    pub fn decide_all(&self, facts: &[Facts]) -> Vec<Arc<Decision>> {
        let found: Vec<Option<Arc<Decision>>> = {
            let made = self.made.read().unwrap_or_else(PoisonError::into_inner);
            facts.iter().map(|facts| made.get(facts).cloned()).collect()
        };
        let mut fresh: AHashMap<Facts, Arc<Decision>> = AHashMap::new();
        let decisions = found
            .into_iter()
            .zip(facts)
            .map(|(found, facts)| {
                found.unwrap_or_else(|| {
                    fresh
                        .entry(*facts)
                        .or_insert_with(|| Arc::new(Decision::make(&self.rules, *facts)))
                        .clone()
                })
            })
            .collect();
        if !fresh.is_empty() {
            let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
            if made.len() + fresh.len() > CAPACITY {
                made.clear();
            }
            made.extend(fresh);
        }
        decisions
    }

    /// One decision.
    pub fn decide(&self, facts: Facts) -> Arc<Decision> {
        self.decide_all(&[facts])
            .pop()
            .unwrap_or_else(|| Arc::new(Decision::make(&self.rules, facts)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Class;

    #[test]
    fn a_remembered_decision_is_the_decision() {
        let memo = Memo::new(Rules::load("").unwrap());
        let facts: Vec<Facts> = (0..1440)
            .map(|minute| Facts {
                class: Class::Marketing,
                opted_in: minute % 2 == 0,
                programme_out: false,
                opted_out: false,
                opt_out_seconds: 0,
                zone_known: true,
                min_local_minute: minute,
                max_local_minute: minute,
            })
            .collect();
        let (first, again) = (memo.decide_all(&facts), memo.decide_all(&facts));
        assert_eq!(first, again);
        assert!(
            first
                .iter()
                .zip(&facts)
                .all(|(made, facts)| **made == Decision::make(memo.rules(), *facts))
        );
    }
}
