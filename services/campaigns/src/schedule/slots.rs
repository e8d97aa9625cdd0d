//! From slots on a clock that is never changed to instants: a slot that the clocks skip is due once, moved forward by
//! the gap, and one that they show twice is due once, the first time.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use chrono_tz::Tz;

use super::zone::{self, Fit};

/// One moment of a recurring schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    pub at: DateTime<Utc>,
    /// What the rule says; the clocks show something else at `at` where they skip it.
    pub local: NaiveDateTime,
    pub fit: Fit,
}

/// The first instant after `after` at which a slot is due. `from` gives the slots from a local time on, itself
/// included, in ascending order. Two slots that fall on one instant are due once.
pub fn next_after<I>(
    from: impl FnOnce(NaiveDateTime) -> I,
    after: DateTime<Utc>,
    zone: Tz,
) -> Option<Slot>
where
    I: Iterator<Item = NaiveDateTime>,
{
    let shown = zone::local(after, zone);
    // Slots of a gap just passed may still be due, moved behind it.
    let day = Duration::days(1) + Duration::hours(2);
    let gap = after.checked_sub_signed(day).map_or(0, |before| {
        zone::offset(after, zone) - zone::offset(before, zone)
    });
    let start = shown - Duration::seconds(i64::from(gap.max(0)));
    let mut best: Option<Slot> = None;
    for local in from(start) {
        let resolved = zone::resolve(local, zone);
        let slot = Slot {
            at: resolved.at,
            local,
            fit: resolved.fit,
        };
        let sooner =
            best.is_none_or(|best| slot.at < best.at || (slot.at == best.at && !skipped(&slot)));
        if slot.at > after && sooner {
            best = Some(slot);
        }
        // Behind a slot of a gap may come one that is due sooner; behind any other, none.
        if slot.at > after && !skipped(&slot) {
            break;
        }
    }
    best
}

fn skipped(slot: &Slot) -> bool {
    matches!(slot.fit, Fit::Never { .. })
}
