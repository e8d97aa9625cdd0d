//! How many permit requests may be open towards a carrier. A permit lives for seconds, so no more are
//! asked for than the carrier has lately shown it can take: slow start, then halving at trouble.

use std::time::Duration;

/// Where a carrier's flow begins; it grows with every request that goes well.
pub const FIRST: usize = 2;

/// The limit after a request that took `took` from permit to the last answer.
///
/// `troubled`: the carrier throttled, or a permit ran out before its text could be written.
pub fn next_limit(
    limit: usize,
    most: usize,
    took: Duration,
    good_for: Duration,
    troubled: bool,
) -> usize {
    if troubled || took > good_for / 4 {
        (limit / 2).max(1)
    } else if took < good_for / 10 {
        (limit + 1).min(most.max(1))
    } else {
        limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD_FOR: Duration = Duration::from_secs(10);

    #[test]
    fn a_quick_carrier_is_given_more_up_to_the_most() {
        let mut limit = FIRST;
        for _ in 0..100 {
            limit = next_limit(limit, 24, Duration::from_millis(40), GOOD_FOR, false);
        }
        assert_eq!(limit, 24);
    }

    #[test]
    fn a_slow_or_throttling_carrier_is_given_less_but_never_nothing() {
        assert_eq!(
            next_limit(8, 24, Duration::from_secs(3), GOOD_FOR, false),
            4
        );
        assert_eq!(
            next_limit(8, 24, Duration::from_secs(2), GOOD_FOR, false),
            8
        );
        assert_eq!(
            next_limit(8, 24, Duration::from_millis(1), GOOD_FOR, true),
            4
        );
        assert_eq!(next_limit(1, 24, Duration::from_secs(9), GOOD_FOR, true), 1);
    }
}
