//! What US carriers let a 10DLC campaign send, by the class its vetting earned.
//!
//! AT&T counts segments a minute for each campaign, T-Mobile segments a day for each brand, in days of US Pacific
//! time. Which carrier a number is with is not known for sure, so a registration keeps to the strictest of them.
//! The figures change; `segments_per_second` and `per_day` of a limit win over them.

/// A class, as the carriers name it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tier {
    pub name: &'static str,
    /// Segments a minute at AT&T.
    pub per_minute: f64,
    /// Segments a day at T-Mobile.
    pub per_day: u64,
}

const fn tier(name: &'static str, per_minute: f64, per_day: u64) -> Tier {
    Tier {
        name,
        per_minute,
        per_day,
    }
}

/// AT&T's classes with T-Mobile's cap for the vetting score that leads to them: A and B from 75, C and D from 50,
/// E and F below (unvetted brands too), T for low volume, and sole proprietors.
pub const TIERS: &[Tier] = &[
    tier("A", 4500.0, 200_000),
    tier("B", 4500.0, 200_000),
    tier("C", 2400.0, 40_000),
    tier("D", 2400.0, 40_000),
    tier("E", 240.0, 10_000),
    tier("F", 240.0, 2_000),
    tier("T", 75.0, 2_000),
    tier("sole_proprietor", 15.0, 1_000),
];

pub fn find(name: &str) -> Option<&'static Tier> {
    TIERS.iter().find(|tier| tier.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_better_class_never_gets_less() {
        assert!(TIERS.windows(2).all(|pair| {
            pair[0].per_minute >= pair[1].per_minute && pair[0].per_day >= pair[1].per_day
        }));
        assert_eq!(find("T").map(|tier| tier.per_day), Some(2000));
        assert_eq!(find("Z"), None);
    }
}
