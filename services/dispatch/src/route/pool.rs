//! Which number of a pool a person is texted from. Whoever has one keeps it while it is in the pool; a new person
//! gets one that is near (area code, then country), else the people are spread evenly.

use contract::Phone;
use serde::{Deserialize, Serialize};

use super::country;
use super::draw;

/// How a person without a number gets one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// One with the person's area code, else with their country, else any.
    #[default]
    Near,
    /// Any, spread evenly.
    Spread,
}

/// A sender of a pool, with what a person may be near to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub sender: String,
    area: Option<u16>,
    country: Option<country::Country>,
}

impl Member {
    pub fn new(sender: &str) -> Self {
        let number = sender
            .strip_prefix('+')
            .and_then(|digits| digits.parse().ok())
            .and_then(Phone::from_digits);
        Self {
            sender: sender.to_string(),
            area: number.and_then(Phone::area_code),
            country: number.and_then(|number| country::of(number.digits())),
        }
    }
}

/// The member that a person gets; `None` from an empty pool. `known`: the sender of their last text.
pub fn pick<'m>(
    members: &'m [Member],
    strategy: Strategy,
    known: Option<&str>,
    phone: Phone,
    person: u64,
) -> Option<&'m Member> {
    if let Some(kept) = members
        .iter()
        .find(|member| Some(member.sender.as_str()) == known)
    {
        return Some(kept);
    }
    let (area, country) = (phone.area_code(), country::of(phone.digits()));
    let nearness = |member: &Member| match strategy {
        Strategy::Spread => 0,
        Strategy::Near if area.is_some() && member.area == area => 2,
        Strategy::Near if country.is_some() && member.country == country => 1,
        Strategy::Near => 0,
    };
    let nearest = members.iter().map(nearness).max()?;
    members
        .iter()
        .filter(|member| nearness(member) == nearest)
        .min_by(|a, b| {
            let arrival = |member: &Member| draw::arrival(person, draw::of_text(&member.sender), 1);
            arrival(a).total_cmp(&arrival(b))
        })
}

#[cfg(test)]
mod tests {
    use super::Strategy;
    use super::*;
    use proptest::prelude::*;

    const POOL: [&str; 5] = [
        "+12125550100",
        "+12125550101",
        "+14155550100",
        "+447400123456",
        "ACME",
    ];

    fn members(senders: &[&str]) -> Vec<Member> {
        senders.iter().map(|sender| Member::new(sender)).collect()
    }

    fn phone(digits: u64) -> Phone {
        Phone::from_digits(digits).unwrap()
    }

    fn sender(pool: &[Member], known: Option<&str>, digits: u64) -> String {
        let person = draw::mix(digits, 1);
        pick(pool, Strategy::Near, known, phone(digits), person)
            .unwrap()
            .sender
            .clone()
    }

    #[test]
    fn a_new_person_gets_a_near_number_and_an_old_one_keeps_theirs() {
        let pool = members(&POOL);
        assert!(sender(&pool, None, 12_125_550_123).starts_with("+1212"));
        assert_eq!(sender(&pool, None, 14_155_550_123), "+14155550100");
        assert!(sender(&pool, None, 13_055_550_123).starts_with("+1"));
        assert_eq!(sender(&pool, None, 447_911_123_456), "+447400123456");
        assert_eq!(sender(&pool, Some("ACME"), 14_155_550_123), "ACME");
        assert_eq!(
            sender(&pool, Some("+15005550006"), 14_155_550_123),
            "+14155550100",
            "it has left the pool"
        );
        assert_eq!(
            pick(&[], Strategy::Near, None, phone(14_155_550_123), 1),
            None
        );
    }

    #[test]
    fn people_without_a_near_number_are_spread_evenly() {
        let pool = members(&POOL[..4]);
        let mut counts = [0; 4];
        for n in 0..8000 {
            let picked = pick(
                &pool,
                Strategy::Near,
                None,
                phone(4_915_112_340_000 + n),
                draw::mix(n, 3),
            )
            .unwrap();
            counts[pool.iter().position(|member| member == picked).unwrap()] += 1;
        }
        assert!(
            counts.iter().all(|count| (1800..2200).contains(count)),
            "{counts:?}"
        );
    }

    proptest! {
        #[test]
        fn whoever_has_a_member_keeps_it_and_a_lost_one_moves_nobody_else(digits in 12_000_000_000_u64..19_999_999_999, lost in 0_usize..5) {
            let pool = members(&POOL);
            let before = sender(&pool, None, digits);
            prop_assert_eq!(sender(&pool, Some(&before), digits), before.clone());
            let mut rest = pool.clone();
            let gone = rest.remove(lost).sender;
            if gone != before {
                prop_assert_eq!(sender(&rest, None, digits), before);
            }
        }
    }
}
