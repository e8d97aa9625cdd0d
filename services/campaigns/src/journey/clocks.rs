//! Slots that come by each contact's own clock. A slot is one local time; it comes first where the day begins first,
//! and has come everywhere a round later. Pure.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use chrono_tz::Tz;
use contract::UnixMillis;

use crate::local_time::{Clock, Leaves, Leaving, Outside, Past};
use crate::schedule::recurrence::Recurring;
use crate::schedule::round::ROUND;
use crate::schedule::slots::Slot;
use crate::schedule::zone;

/// When somebody enters, and how long that may be made up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn {
    pub enters_at: UnixMillis,
    /// Whoever has not been let in by then is not any more.
    pub stale_at: UnixMillis,
}

/// Slots from `first` up to now that may still come for somebody: those of the last round, and, where what was missed is
/// made up for, the one before.
pub fn slots_come(
    slots: &Recurring,
    first: DateTime<Utc>,
    now: DateTime<Utc>,
    late: Duration,
) -> Vec<Slot> {
    let horizon = now - ROUND;
    let mut come: Vec<Slot> = Vec::new();
    let mut at = first - Duration::milliseconds(1);
    while let Some(slot) = slots.next_after(at).filter(|slot| slot.at <= now) {
        at = slot.at;
        if slot.at < horizon {
            // It has taken the place of those before it, for everybody.
            come.clear();
        }
        come.push(slot);
    }
    come.retain(|slot| slot.at >= horizon - late);
    come
}

/// The first slot that is still to come for somebody: a time that the first clock has shown may still come for others.
pub fn next(slots: &Recurring, each_clock: bool, now: DateTime<Utc>) -> Option<Slot> {
    let round = if each_clock { ROUND } else { Duration::zero() };
    slots.next_after(now - round)
}

/// Zone data of another release moves no slot further than this.
const MOST_MOVED: Duration = Duration::hours(3);

/// Where the slot that was to come at `waiting` lies by the zone data in use. Slots up to `settled` have their fates;
/// one that the data puts into the past is not lost.
pub fn moved(slots: &Recurring, waiting: DateTime<Utc>, settled: DateTime<Utc>) -> Option<Slot> {
    let before = waiting - MOST_MOVED - Duration::milliseconds(1);
    slots.next_after(before.max(settled))
}

/// When somebody with this zone enters for a slot; `None`: their clock had shown it before `since`. `next` is the slot
/// after it, which takes its place once it has come.
pub fn turn(
    local: NaiveDateTime,
    next: Option<NaiveDateTime>,
    zone: Tz,
    since: UnixMillis,
    late: Duration,
) -> Option<Turn> {
    let rule = Leaving {
        at: Some(local),
        clock: Clock::Contact,
        fallback: None,
        past: Past::Skip,
        window: None,
        outside: Outside::Later,
        expires_after_ms: None,
    };
    let Leaves::At(enters_at) = rule.leaves(Some(zone), since, since) else {
        return None;
    };
    let mut stale_at = enters_at.0.saturating_add(late.num_milliseconds());
    if let Some(next) = next {
        let then = UnixMillis::from(zone::instant(next, zone));
        stale_at = stale_at.min(then.0 - 1);
    }
    (stale_at >= enters_at.0).then_some(Turn {
        enters_at,
        stale_at: UnixMillis(stale_at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::recurrence::{Recurrence, Rule};
    use crate::schedule::round::CONTACT;

    fn daily(at: &str) -> Recurring {
        let recurrence = Recurrence {
            rule: Rule::Cron(at.to_string()),
            timezone: CONTACT.to_string(),
            late_seconds: 3_600,
        };
        recurrence.read().unwrap()
    }

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn local(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap()
    }

    const HOUR: Duration = Duration::hours(1);

    #[test]
    fn slots_of_the_last_round_are_open_and_the_one_before_where_it_is_made_up_for() {
        let (slots, now) = (daily("0 10 * * *"), utc("2026-11-20T12:00:00Z"));
        let from = utc("2026-11-01T00:00:00Z");
        let days = |late| -> Vec<String> {
            let come = slots_come(&slots, from, now, late);
            let local = come.iter().map(|slot| slot.local.to_string());
            local.collect()
        };
        assert_eq!(days(HOUR), ["2026-11-20 10:00:00"]);
        let made_up = ["2026-11-19 10:00:00", "2026-11-20 10:00:00"];
        assert_eq!(days(Duration::days(366)), made_up);
    }

    #[test]
    fn the_slot_to_come_is_found_where_the_zone_data_has_put_it() {
        let recurrence = Recurrence {
            rule: Rule::Cron("0 12 * * *".to_string()),
            timezone: "America/New_York".to_string(),
            late_seconds: 3_600,
        };
        let slots = recurrence.read().unwrap();
        let yesterday = utc("2026-06-09T16:00:00Z");
        let at = |waiting: &str| moved(&slots, utc(waiting), yesterday).map(|slot| slot.at);
        let noon = Some(utc("2026-06-10T16:00:00Z"));
        for waiting in ["15", "16", "17", "19"] {
            assert_eq!(at(&format!("2026-06-10T{waiting}:00:00Z")), noon);
        }
        // The one before has its fate.
        let hourly = Recurrence {
            rule: Rule::Cron("0 * * * *".to_string()),
            ..recurrence
        };
        let (slots, settled) = (hourly.read().unwrap(), utc("2026-06-10T15:00:00Z"));
        let next = moved(&slots, utc("2026-06-10T16:00:00Z"), settled);
        assert_eq!(next.map(|slot| slot.at), noon);
    }

    #[test]
    fn somebody_enters_at_their_own_time_and_not_where_it_was_past_before() {
        let (slot, next) = (local("2026-11-20T10:00"), Some(local("2026-11-21T10:00")));
        let since = utc("2026-11-20T12:00:00Z").into();
        let new_york = turn(slot, next, Tz::America__New_York, since, HOUR).unwrap();
        assert_eq!(
            new_york,
            Turn {
                enters_at: utc("2026-11-20T15:00:00Z").into(),
                stale_at: utc("2026-11-20T16:00:00Z").into()
            }
        );
        assert_eq!(turn(slot, next, Tz::Europe__Berlin, since, HOUR), None);
    }

    #[test]
    fn the_next_slot_takes_the_place_of_one_that_was_missed() {
        let late = Duration::days(366);
        let (slot, next) = (local("2026-11-20T10:00"), Some(local("2026-11-20T16:00")));
        let turn = turn(slot, next, Tz::UTC, UnixMillis(0), late).unwrap();
        let then = utc("2026-11-20T16:00:00Z").timestamp_millis();
        assert_eq!(turn.stale_at, UnixMillis(then - 1));
    }

    #[test]
    fn of_two_slots_that_clocks_push_together_the_later_comes() {
        let (slot, next) = (local("2026-03-08T02:00"), local("2026-03-08T03:00"));
        let zone = Tz::America__New_York;
        assert_eq!(turn(slot, Some(next), zone, UnixMillis(0), HOUR), None);
        assert!(turn(next, None, zone, UnixMillis(0), HOUR).is_some());
    }
}
