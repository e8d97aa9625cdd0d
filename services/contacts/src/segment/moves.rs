//! Who comes into a segment, and who leaves it.

use std::collections::HashSet;

use contract::ContactId;

use super::standing::Standing;

/// What becomes of the membership of some contacts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Moves {
    /// To be kept as members from now on.
    pub added: Vec<ContactId>,
    pub removed: Vec<ContactId>,
    /// Of those, who is said to have come in.
    pub entered: Vec<ContactId>,
    /// Of those, who is said to have left.
    pub left: Vec<ContactId>,
}

/// `now` says of each contact whether the condition holds; `before` are those of them that were members.
pub fn moves(
    segment: &Standing,
    now: impl IntoIterator<Item = (ContactId, bool)>,
    before: &HashSet<ContactId>,
) -> Moves {
    let mut moves = Moves::default();
    for (contact, holds) in now {
        let told = segment.tells_of(contact);
        match (before.contains(&contact), holds) {
            (false, true) => {
                moves.added.push(contact);
                moves.entered.extend(told.then_some(contact));
            }
            (true, false) => {
                moves.removed.push(contact);
                moves.left.extend(told.then_some(contact));
            }
            _ => {}
        }
    }
    moves
}

#[cfg(test)]
mod tests {
    use contract::SegmentId;
    use proptest::prelude::*;

    use super::super::standing::Walk;
    use super::*;

    fn segment(walk: Option<Walk>, cursor: Option<u128>) -> Standing {
        Standing {
            id: SegmentId::from_raw(1),
            expression: String::new(),
            revision: 1,
            by_lists: false,
            by_time: false,
            walk,
            cursor: cursor.map(ContactId::from_raw),
        }
    }

    fn ids(raw: &[u128]) -> Vec<ContactId> {
        raw.iter().copied().map(ContactId::from_raw).collect()
    }

    #[test]
    fn who_is_found_when_a_segment_is_defined_is_kept_and_not_told() {
        let now = [(1, true), (2, true), (3, false)].map(|(id, is)| (ContactId::from_raw(id), is));
        let before: HashSet<ContactId> = ids(&[3]).into_iter().collect();
        let found = moves(&segment(Some(Walk::Define), Some(1)), now, &before);
        assert_eq!((found.added, found.removed), (ids(&[1, 2]), ids(&[3])));
        // The first was looked at already, so it came in since.
        assert_eq!((found.entered, found.left), (ids(&[1]), vec![]));
        for walk in [None, Some(Walk::Again)] {
            let found = moves(&segment(walk, None), now, &before);
            assert_eq!((found.entered, found.left), (ids(&[1, 2]), ids(&[3])));
        }
    }

    proptest! {
        #[test]
        fn after_the_moves_members_are_those_of_whom_it_holds(
            holds in prop::collection::btree_map(0..50_u128, any::<bool>(), 0..30),
            was in prop::collection::hash_set(0..50_u128, 0..30),
        ) {
            let before: HashSet<ContactId> = was.iter().copied().map(ContactId::from_raw).collect();
            let now = holds.iter().map(|(id, is)| (ContactId::from_raw(*id), *is));
            let found = moves(&segment(None, None), now, &before);
            let mut after = before;
            after.extend(&found.added);
            after.retain(|contact| !found.removed.contains(contact));
            for (id, is) in holds {
                prop_assert_eq!(after.contains(&ContactId::from_raw(id)), is);
            }
            prop_assert_eq!(&found.added, &found.entered);
            prop_assert_eq!(&found.removed, &found.left);
        }
    }
}
