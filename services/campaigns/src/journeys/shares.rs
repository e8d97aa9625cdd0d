//! Whose webhooks are called next: tenants whose ends are slow hold up no others.

use std::collections::BTreeMap;

use contract::TenantId;

/// A tenant holds at most so many places for each one that is free. Alone it has three of four, so that whoever comes
/// finds a free one at once; the more tenants call, the less each may hold.
const OF_FREE: usize = 3;

/// How many calls of each tenant are begun. `open`: under way, `waiting`: due, of `places` in all. Whoever has the
/// fewest under way is next.
pub fn share(
    places: usize,
    open: &BTreeMap<TenantId, usize>,
    waiting: &BTreeMap<TenantId, usize>,
) -> BTreeMap<TenantId, usize> {
    let mut free = places.saturating_sub(open.values().sum());
    let mut given: BTreeMap<TenantId, usize> = BTreeMap::new();
    let held = |given: &BTreeMap<TenantId, usize>, tenant| {
        open.get(tenant).unwrap_or(&0) + given.get(tenant).unwrap_or(&0)
    };
    while let Some((_, tenant)) = waiting
        .iter()
        .filter(|(tenant, many)| given.get(tenant).unwrap_or(&0) < *many)
        .map(|(tenant, _)| (held(&given, tenant), *tenant))
        .min()
        .filter(|(held, _)| *held < free.saturating_mul(OF_FREE))
    {
        *given.entry(tenant).or_default() += 1;
        free -= 1;
    }
    given
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(counts: &[(u128, usize)]) -> BTreeMap<TenantId, usize> {
        let counts = counts.iter();
        counts
            .map(|(tenant, many)| (TenantId::from_raw(*tenant), *many))
            .collect()
    }

    #[test]
    fn a_tenant_alone_has_most_of_the_places_and_leaves_some() {
        assert_eq!(share(64, &of(&[]), &of(&[(1, 5)])), of(&[(1, 5)]));
        assert_eq!(share(64, &of(&[]), &of(&[(1, 900)])), of(&[(1, 48)]));
        assert_eq!(share(64, &of(&[(1, 48)]), &of(&[(1, 900)])), of(&[]));
    }

    #[test]
    fn whoever_comes_while_another_holds_all_it_may_is_called_for_at_once() {
        let given = share(64, &of(&[(1, 48)]), &of(&[(1, 900), (2, 900)]));
        assert_eq!(given, of(&[(2, 12)]));
        // As the slow ones end, the two come to the same.
        let given = share(64, &of(&[(1, 27), (2, 12)]), &of(&[(1, 900), (2, 900)]));
        assert_eq!(given, of(&[(1, 1), (2, 15)]));
    }

    #[test]
    fn tenants_that_wait_together_get_the_same() {
        let waiting = of(&[(1, 900), (2, 900), (3, 2)]);
        assert_eq!(
            share(64, &of(&[]), &waiting),
            of(&[(1, 27), (2, 27), (3, 2)])
        );
    }

    proptest! {
        #[test]
        fn somebody_new_always_finds_a_place(
            waits in prop::collection::vec((1..40_u128, 1..200_usize), 1..60), ends in prop::collection::vec(0..40_u128, 0..80),
        ) {
            let (mut open, places) = (BTreeMap::new(), 64);
            for (tenant, many) in waits {
                let wait = of(&[(tenant, many)]);
                for (tenant, many) in share(places, &open, &wait) {
                    *open.entry(tenant).or_default() += many;
                }
                for tenant in &ends {
                    if let Some(many) = open.get_mut(&TenantId::from_raw(*tenant)) {
                        *many = many.saturating_sub(1);
                    }
                }
                let held: usize = open.values().sum();
                prop_assert!(held <= places);
                // Fewer tenants than places: nobody who has none waits.
                if held < places {
                    let given = share(places, &open, &of(&[(1_000, 1)]));
                    prop_assert_eq!(given, of(&[(1_000, 1)]));
                }
            }
        }
    }
}
