//! Which operator a number belongs to: what a lookup found, else the longest prefix that the operator of this
//! installation has loaded. Numbers are ported, so a prefix is a guess and a lookup is not.

use std::sync::Arc;

use ahash::AHashMap;

use super::prefix::{Prefix, beginning};

/// One tenant's knowledge.
#[derive(Debug, Default)]
pub struct Operators {
    prefixes: AHashMap<(u64, u8), Arc<str>>,
    longest: u8,
    numbers: AHashMap<u64, Arc<str>>,
}

impl Operators {
    pub fn add_prefix(&mut self, prefix: Prefix, operator: Arc<str>) {
        let length = prefix.length();
        self.longest = self.longest.max(length);
        if let Ok(digits) = prefix.to_string().parse() {
            self.prefixes.insert((digits, length), operator);
        }
    }

    /// What a lookup found about one number.
    pub fn add_number(&mut self, digits: u64, operator: Arc<str>) {
        self.numbers.insert(digits, operator);
    }

    pub fn of(&self, digits: u64) -> Option<&Arc<str>> {
        if let Some(found) = self.numbers.get(&digits) {
            return Some(found);
        }
        (1..=self.longest).rev().find_map(|length| {
            let begins = beginning(digits, u32::from(length))?;
            self.prefixes.get(&(begins, length))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lookup_beats_every_prefix_and_the_longest_prefix_beats_the_others() {
        let mut operators = Operators::default();
        operators.add_prefix(Prefix::parse("4915").unwrap(), "one".into());
        operators.add_prefix(Prefix::parse("49151").unwrap(), "two".into());
        operators.add_number(4_915_112_345_678, "three".into());
        let of = |digits| operators.of(digits).map(ToString::to_string);
        assert_eq!(of(4_915_112_345_678).as_deref(), Some("three"));
        assert_eq!(of(4_915_112_345_679).as_deref(), Some("two"));
        assert_eq!(of(4_915_212_345_679).as_deref(), Some("one"));
        assert_eq!(of(4_930_123_456), None);
        assert_eq!(Operators::default().of(4_930_123_456), None);
    }
}
