//! Every change of every clock from 2024 to 2037, against plain arithmetic on seconds.

use std::collections::HashSet;

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use chrono_tz::Tz;

use super::window::Window;
use super::zone::{self, Fit};

/// One change: the instant, and the offsets in seconds before and from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Change {
    pub at: DateTime<Utc>,
    pub before: i32,
    pub after: i32,
}

impl Change {
    /// What the clocks show, known from the change alone.
    pub fn shows(&self, at: DateTime<Utc>) -> NaiveDateTime {
        let offset = if at < self.at {
            self.before
        } else {
            self.after
        };
        at.naive_utc() + Duration::seconds(i64::from(offset))
    }

    /// Every instant at which the clocks show this, earliest first.
    fn instants(&self, local: NaiveDateTime) -> Vec<DateTime<Utc>> {
        let utc = |offset: i32| (local - Duration::seconds(i64::from(offset))).and_utc();
        let (before, after) = (utc(self.before), utc(self.after));
        let mut found: Vec<_> = [before, after]
            .into_iter()
            .filter(|at| self.shows(*at) == local)
            .collect();
        found.sort();
        found.dedup();
        found
    }
}

/// The changes of a zone from 2024 to 2037.
pub fn changes(zone: Tz) -> Vec<Change> {
    let year = |year: i32| -> DateTime<Utc> { format!("{year}-01-01T00:00:00Z").parse().unwrap() };
    let (mut at, end) = (year(2024), year(2038));
    let mut found = Vec::new();
    // The shortest time between two changes is a month, at Ramadan.
    let step = Duration::days(7);
    while at < end {
        if zone::offset(at, zone) != zone::offset(at + step, zone) {
            let change = zone::first_change(zone, at, at + step).unwrap();
            found.push(Change {
                at: change,
                before: zone::offset(change - Duration::seconds(1), zone),
                after: zone::offset(change, zone),
            });
        }
        at += step;
    }
    found
}

#[test]
fn local_times_around_every_change_become_the_right_instants() {
    let (mut gaps, mut folds, mut total) = (0, 0, 0);
    for zone in chrono_tz::TZ_VARIANTS {
        for change in changes(zone) {
            total += 1;
            let start = change.shows(change.at) - Duration::hours(4);
            let edges = (0..32).flat_map(|quarter| {
                let at = start + Duration::minutes(15 * quarter);
                [at - Duration::seconds(1), at]
            });
            for local in edges {
                let told = zone::resolve(local, zone);
                let instants = change.instants(local);
                match (instants.as_slice(), told.fit) {
                    ([only], Fit::Once) => assert_eq!(told.at, *only, "{zone} {local}"),
                    ([first, second], Fit::Twice { second: other }) => {
                        folds += 1;
                        assert_eq!((told.at, other), (*first, *second), "{zone} {local}");
                    }
                    ([], Fit::Never { instead }) => {
                        gaps += 1;
                        let gap = Duration::seconds(i64::from(change.after - change.before));
                        assert_eq!(instead, local + gap, "{zone} {local}");
                        assert_eq!(change.shows(told.at), instead, "{zone} {local}");
                    }
                    (instants, fit) => panic!("{zone} {local}: {instants:?} {fit:?}"),
                }
            }
        }
    }
    assert!(
        total > 5_000 && gaps > 10_000 && folds > 10_000,
        "{total} {gaps} {folds}"
    );
}

/// Windows around each change, walked in steps of five minutes, edges of windows being multiples of it. Zones that
/// change alike at one instant are walked once.
#[test]
fn windows_around_every_change_open_and_close_with_the_clock() {
    let windows = [
        (540, 1200),
        (1320, 360),
        (0, 95),
        (150, 180),
        (90, 120),
        (125, 145),
        (1435, 5),
    ];
    let step = Duration::minutes(5);
    let mut seen = HashSet::new();
    for zone in chrono_tz::TZ_VARIANTS {
        for change in changes(zone) {
            if !seen.insert(change) {
                continue;
            }
            for (from, to) in windows {
                let window = Window::daily(from, to).unwrap();
                walk(&window, zone, change, step);
            }
        }
    }
    assert!(seen.len() > 500, "{}", seen.len());
}

fn walk(window: &Window, zone: Tz, change: Change, step: Duration) {
    // Before and after, at the change itself, and in the repeated hour.
    for start in [-26 * 60, -185, -60, -5, 0, 35, 60, 9 * 60] {
        let start = change.at + Duration::minutes(start);
        let open = |at: DateTime<Utc>| window.shows(change.shows(at));
        let mut next = start;
        while !open(next) {
            next += step;
        }
        assert_eq!(
            window.next_allowed(start, zone),
            next,
            "{zone} {window:?} {start}"
        );
        let mut last = start;
        while !open(last) {
            last -= Duration::minutes(1);
            if !open(last) {
                last -= Duration::minutes(4);
            }
        }
        assert_eq!(
            window.last_allowed_before(start, zone, None),
            last,
            "{zone} {window:?} {start}"
        );
    }
}
