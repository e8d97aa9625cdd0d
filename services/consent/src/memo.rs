//! Decisions already made, by their facts. A Cedar decision costs tens of microseconds, looking one up
//! some nanoseconds, and a million recipients have only a few thousand distinct facts.

use std::sync::{Arc, PoisonError, RwLock};

use ahash::AHashMap;

use crate::decision::Decision;
use crate::facts::Facts;
use crate::places::Places;
use crate::rules::Rules;

/// Decisions kept; then it starts anew. Local minutes are among the facts, so old entries are useless anyway.
const CAPACITY: usize = 65_536;

/// Bounded memory of one policy set's decisions.
pub struct Memo {
    rules: Arc<Rules>,
    made: RwLock<AHashMap<Facts, Arc<Decision>>>,
}

impl Memo {
    pub fn new(rules: Arc<Rules>) -> Self {
        Self {
            rules,
            made: RwLock::default(),
        }
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The decision for each of `facts`, in their order.
    pub fn decide_all(&self, places: &Places, facts: &[Facts]) -> Vec<Arc<Decision>> {
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
                        .or_insert_with(|| Arc::new(Decision::make(&self.rules, places, *facts)))
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
    pub fn decide(&self, places: &Places, facts: Facts) -> Arc<Decision> {
        self.decide_all(places, &[facts])
            .pop()
            .unwrap_or_else(|| Arc::new(Decision::make(&self.rules, places, facts)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Flags;
    use contract::Class;

    #[test]
    fn a_remembered_decision_is_the_decision() {
        let places = Places::load().unwrap();
        let memo = Memo::new(Arc::new(Rules::shipped().unwrap()));
        let facts: Vec<Facts> = (0..1440)
            .map(|minute| Facts {
                min_minute: minute,
                max_minute: minute,
                flags: Flags::default().with(Flags::CONSENT_ANY, minute % 2 == 0),
                ..Facts::nothing(Class::Marketing, 9)
            })
            .collect();
        let (first, again) = (
            memo.decide_all(&places, &facts),
            memo.decide_all(&places, &facts),
        );
        assert_eq!(first, again);
        assert!(
            first
                .iter()
                .zip(&facts)
                .all(|(made, facts)| **made == Decision::make(memo.rules(), &places, *facts))
        );
    }
}
