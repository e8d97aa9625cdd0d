//! What a person was sent lately: the rolling counts that caps are held against. Pure.

use contract::Class;

/// Nothing older counts for any cap.
pub const KEPT_MILLIS: i64 = 30 * 24 * HOUR;
const HOUR: i64 = 3_600_000;

/// One text permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// [`topic`] of its programme.
    pub topic: u32,
    pub class: Class,
    /// Milliseconds since the epoch.
    pub at: i64,
}

/// A number for a programme; a collision could only ever count too much. FNV-1a, the same in every process.
pub fn topic(programme: &str) -> u32 {
    programme.bytes().fold(0x811c_9dc5, |hash: u32, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// Those of `sent` within the last `hours` before `now`: a text leaves the count exactly then.
fn lately(sent: &[Sent], now: i64, hours: u32) -> impl Iterator<Item = &Sent> {
    let since = now - i64::from(hours) * HOUR;
    sent.iter().filter(move |one| one.at > since)
}

/// How many of `which` there were.
pub fn count(sent: &[Sent], now: i64, hours: u32, which: impl Fn(&Sent) -> bool) -> u8 {
    u8::try_from(lately(sent, now, hours).filter(|one| which(one)).count()).unwrap_or(u8::MAX)
}

/// When the count of `which` falls below `cap` again.
pub fn frees_at(
    sent: &[Sent],
    now: i64,
    hours: u32,
    cap: u8,
    which: impl Fn(&Sent) -> bool,
) -> Option<i64> {
    let mut instants: Vec<i64> = lately(sent, now, hours)
        .filter(|one| which(one))
        .map(|one| one.at)
        .collect();
    instants.sort_unstable();
    let over = instants.len().checked_sub(usize::from(cap))?;
    instants.get(over).map(|at| at + i64::from(hours) * HOUR)
}

/// The last text before `now`, for what a reply is about.
pub fn last(sent: &[Sent]) -> Option<&Sent> {
    sent.iter().max_by_key(|one| one.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(hours_ago: &[i64]) -> Vec<Sent> {
        hours_ago
            .iter()
            .map(|hours| Sent {
                topic: topic("promo"),
                class: Class::Marketing,
                at: -hours * HOUR,
            })
            .collect()
    }

    #[test]
    fn the_count_rolls_and_does_not_follow_the_calendar() {
        let sent = sent(&[25, 24, 23, 1]);
        assert_eq!(
            count(&sent, 0, 24, |_| true),
            2,
            "the one of exactly a day ago has left"
        );
        assert_eq!(count(&sent, -1, 24, |_| true), 3);
        assert_eq!(count(&sent, 0, 24, |one| one.topic == topic("other")), 0);
    }

    #[test]
    fn a_cap_frees_when_enough_have_left() {
        let sent = sent(&[23, 5, 1]);
        assert_eq!(frees_at(&sent, 0, 24, 3, |_| true), Some(HOUR));
        assert_eq!(frees_at(&sent, 0, 24, 2, |_| true), Some(19 * HOUR));
        assert_eq!(frees_at(&sent, 0, 24, 4, |_| true), None);
        let at = frees_at(&sent, 0, 24, 2, |_| true).unwrap();
        assert!(count(&sent, at, 24, |_| true) < 2 && count(&sent, at - 1, 24, |_| true) == 2);
    }
}
