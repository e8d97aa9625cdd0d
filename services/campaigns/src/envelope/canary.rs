//! Who is in a canary: a sample spread over the whole audience, and not those who have been contacts the longest.
//!
//! Each page of the audience is mixed by a hash of run and contact before it is cut into chunks, and each chunk gives
//! the same share of its people. So every page, and every variant and instant in it, is represented, and what is
//! chosen is the same after a restart.

use std::collections::BTreeMap;

use contract::{ContactId, RunId};
use sha2::{Digest, Sha256};

/// Puts the people of a page in an order that has nothing to do with when they became contacts.
pub fn mix(run: RunId, contacts: &mut [ContactId]) {
    contacts.sort_by_cached_key(|contact| {
        let digest = Sha256::new()
            .chain_update(run.bytes())
            .chain_update(contact.bytes())
            .finalize();
        (<[u8; 32]>::from(digest), *contact)
    });
}

/// How many people each chunk gives to a canary of so many; `chunks`: their numbers and sizes, in ascending order.
/// They give `canary` together, or everybody; any neighbours give their share of it to within one person.
pub fn shares(chunks: &[(u32, u64)], canary: u64) -> BTreeMap<u32, u64> {
    let whole: u64 = chunks.iter().map(|(_, people)| people).sum();
    let canary = canary.min(whole);
    let reached = |before: u64| {
        let part = u128::from(before) * u128::from(canary) / u128::from(whole.max(1));
        u64::try_from(part).unwrap_or(canary)
    };
    let mut before = 0;
    let mut shares = BTreeMap::new();
    for (number, people) in chunks {
        let after = before + people;
        shares.insert(*number, reached(after) - reached(before));
        before = after;
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_stretch_of_the_audience_gives_its_share(
            sizes in prop::collection::vec(1u64..=512, 1..60),
            canary in 0u64..12_000,
            from in 0usize..60,
            many in 1usize..60,
        ) {
            let chunks: Vec<(u32, u64)> = (0u32..).zip(sizes.iter().copied()).collect();
            let whole: u64 = sizes.iter().sum();
            let given = shares(&chunks, canary);
            prop_assert_eq!(given.values().sum::<u64>(), canary.min(whole));
            for (number, people) in &chunks {
                prop_assert!(given[number] <= *people);
            }
            let stretch: Vec<_> = chunks.iter().skip(from).take(many).collect();
            let people: u64 = stretch.iter().map(|(_, people)| people).sum();
            let got: u64 = stretch.iter().map(|(number, _)| given[number]).sum();
            let fair = people as f64 * canary.min(whole) as f64 / whole as f64;
            prop_assert!((got as f64 - fair).abs() < 1.000_001, "{} instead of {}", got, fair);
        }

        #[test]
        fn a_mixed_page_has_the_same_people_in_the_same_order_again(
            run in any::<u128>(), ids in prop::collection::btree_set(any::<u128>(), 0..200),
        ) {
            let run = RunId::from_raw(run);
            let page: Vec<ContactId> = ids.iter().copied().map(ContactId::from_raw).collect();
            let mut mixed = page.clone();
            mix(run, &mut mixed);
            let mut again: Vec<ContactId> = page.iter().rev().copied().collect();
            mix(run, &mut again);
            prop_assert_eq!(&again, &mixed);
            mixed.sort_unstable();
            prop_assert_eq!(mixed, page);
        }
    }

    #[test]
    fn the_first_of_a_mixed_page_come_from_all_of_it() {
        let contact = |n: u32| ContactId::from_raw(u128::from(n));
        for run in 1..=20u32 {
            let mut page: Vec<ContactId> = (0..10_000).map(contact).collect();
            mix(RunId::from_raw(u128::from(run)), &mut page);
            for tenth in 0..10 {
                let among = contact(tenth * 1_000)..contact((tenth + 1) * 1_000);
                let met = page.iter().take(1_000).filter(|one| among.contains(one));
                // A hundred are expected; fewer than 50 or more than 150 are five deviations away.
                assert!((50..=150).contains(&met.count()), "tenth {tenth}");
            }
        }
    }
}
