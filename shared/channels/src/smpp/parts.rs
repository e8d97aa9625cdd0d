//! One receipt for a text of several parts.
//!
//! The rule: a text is undelivered as soon as one of its parts is, and delivered when every part is for
//! which a receipt was asked (with `receipts = "last_part"` that is the last one). What a part's receipt says
//! before that is answered and goes no further. Which parts belong together is known in memory alone: after a
//! restart the last part, whose id the ledger has, speaks for its text.

use std::collections::VecDeque;

use ahash::AHashMap;
use contract::chunk::Outcome;

use crate::provider::Receipt;

/// Long texts whose receipts are awaited; the oldest are let go.
const MOST: usize = 50_000;

#[derive(Debug, Default)]
struct Text {
    ids: Vec<String>,
    last: Option<String>,
    /// Parts that have spoken for good.
    settled: u8,
    failed: bool,
    told: bool,
}

#[derive(Debug, Default)]
pub(super) struct Parts {
    texts: AHashMap<u64, Text>,
    by_id: AHashMap<String, (u64, bool)>,
    order: VecDeque<u64>,
}

/// What to do with a receipt.
#[derive(Debug, PartialEq)]
pub(super) enum Folded {
    Tell(Receipt),
    /// It says nothing yet of the whole text.
    Swallow,
}

impl Parts {
    /// The carrier took a part of this text, which has more than one.
    pub(super) fn accepted(&mut self, text: u64, id: &str, last: bool) {
        if !self.texts.contains_key(&text) {
            self.order.push_back(text);
            if self.order.len() > MOST {
                self.forget_oldest();
            }
        }
        let known = self.texts.entry(text).or_default();
        known.ids.push(id.to_owned());
        if last {
            known.last = Some(id.to_owned());
        }
        self.by_id.insert(id.to_owned(), (text, last));
    }

    /// `every`: receipts were asked for each part.
    pub(super) fn fold(&mut self, mut receipt: Receipt, every: bool) -> Folded {
        let Some((number, is_last)) = self.by_id.get(&receipt.provider_message_id).copied() else {
            return Folded::Tell(receipt);
        };
        let Some(text) = self.texts.get_mut(&number) else {
            return Folded::Tell(receipt);
        };
        match receipt.outcome {
            Outcome::Undelivered => text.failed = true,
            Outcome::Delivered => {}
            // On its way: of interest for the text as a whole only where its last part is.
            _ if is_last => return Folded::Tell(receipt),
            _ => return Folded::Swallow,
        }
        self.by_id.remove(&receipt.provider_message_id);
        text.settled += 1;
        let complete = if every {
            usize::from(text.settled) == text.ids.len() && text.last.is_some()
        } else {
            is_last
        };
        let Some(last) = text
            .last
            .clone()
            .filter(|_| !text.told && (text.failed || complete))
        else {
            return Folded::Swallow;
        };
        text.told = true;
        if text.failed && receipt.outcome != Outcome::Undelivered {
            receipt.outcome = Outcome::Undelivered;
            receipt.code = "PART_UNDELIVERED".to_owned();
        }
        receipt.provider_message_id = last;
        if complete {
            self.forget(number);
        }
        Folded::Tell(receipt)
    }

    fn forget_oldest(&mut self) {
        while let Some(oldest) = self.order.pop_front() {
            if self.texts.contains_key(&oldest) {
                self.forget(oldest);
                return;
            }
        }
    }

    fn forget(&mut self, text: u64) {
        for id in self
            .texts
            .remove(&text)
            .into_iter()
            .flat_map(|text| text.ids)
        {
            self.by_id.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use contract::UnixMillis;
    use proptest::prelude::*;

    use super::*;

    fn receipt(id: &str, outcome: Outcome) -> Receipt {
        Receipt::new(id.into(), outcome, "000".into(), UnixMillis(1))
    }

    fn parts() -> Parts {
        let mut parts = Parts::default();
        for (id, last) in [("a", false), ("b", false), ("c", true)] {
            parts.accepted(1, id, last);
        }
        parts
    }

    fn told(folded: Folded) -> Option<(String, Outcome)> {
        match folded {
            Folded::Tell(receipt) => Some((receipt.provider_message_id, receipt.outcome)),
            Folded::Swallow => None,
        }
    }

    #[test]
    fn a_text_of_one_part_passes_as_it_is() {
        let folded = parts().fold(receipt("z", Outcome::Delivered), true);
        assert_eq!(told(folded), Some(("z".into(), Outcome::Delivered)));
    }

    #[test]
    fn the_last_part_speaks_where_no_other_was_asked() {
        let mut parts = parts();
        assert_eq!(
            told(parts.fold(receipt("a", Outcome::Delivered), false)),
            None
        );
        let last = parts.fold(receipt("c", Outcome::Delivered), false);
        assert_eq!(told(last), Some(("c".into(), Outcome::Delivered)));
    }

    #[test]
    fn one_part_that_failed_fails_the_text_at_once() {
        let mut parts = parts();
        let first = parts.fold(receipt("b", Outcome::Undelivered), true);
        assert_eq!(told(first), Some(("c".into(), Outcome::Undelivered)));
        assert_eq!(
            told(parts.fold(receipt("a", Outcome::Delivered), true)),
            None
        );
        assert_eq!(
            told(parts.fold(receipt("c", Outcome::Delivered), true)),
            None
        );
    }

    proptest! {
        #[test]
        fn every_order_gives_the_same_state_once(
            failing in proptest::sample::subsequence(vec!["a", "b", "c"], 0..3),
            order in Just(vec!["a", "b", "c"]).prop_shuffle(),
        ) {
            let mut parts = parts();
            let mut all = Vec::new();
            for id in order {
                let outcome = if failing.contains(&id) { Outcome::Undelivered } else { Outcome::Delivered };
                all.extend(told(parts.fold(receipt(id, Outcome::HandedOver), true)).filter(|_| id != "c"));
                all.extend(told(parts.fold(receipt(id, outcome), true)));
            }
            let expected = if failing.is_empty() { Outcome::Delivered } else { Outcome::Undelivered };
            prop_assert_eq!(all, vec![("c".to_owned(), expected)]);
        }
    }
}
