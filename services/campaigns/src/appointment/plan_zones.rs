//! Plans around every change of every clock, 2024 to 2037.

use std::collections::BTreeSet;

use super::*;
use crate::appointment::testing::{EARLIER_AT, at, day_window, step};

/// The changes of a zone's clocks in those years.
fn changes(zone: Tz) -> Vec<DateTime<Utc>> {
    let end = at("2038-01-01T00:00").and_utc();
    let mut from = at("2024-01-01T00:00").and_utc();
    let mut found = Vec::new();
    while let Some(change) = zone::first_change(zone, from, end) {
        found.push(change);
        from = change;
    }
    found
}

#[test]
fn around_every_change_of_every_clock_plans_keep_the_window_the_start_and_the_order() {
    let steps = [
        step("r2d", "-P2D", Late::Skip, Outside::Earlier, "PT12H"),
        step("r24", "-PT24H", Late::SendNow, Outside::Later, "PT6H"),
        step("r2", "-PT2H", Late::Skip, Outside::Later, "PT45M"),
    ];
    // Names that stand for the same clocks would be the same work again.
    let mut seen = BTreeSet::new();
    let mut plans = 0;
    for zone in chrono_tz::TZ_VARIANTS {
        let changes = changes(zone);
        let clock: Vec<(i64, i32)> = changes
            .iter()
            .map(|change| (change.timestamp(), zone::offset(*change, zone)))
            .collect();
        if !seen.insert(clock) {
            continue;
        }
        for change in changes {
            let day = zone::local(change, zone).date();
            for hours in [0, 2, 8, 23, 24, 33, 50] {
                let starts = day.and_hms_opt(0, 30, 0).unwrap() + Duration::hours(hours);
                let start = zone::instant(starts, zone);
                for ahead in [Duration::days(9), Duration::hours(26)] {
                    super::tests::check(&Asked {
                        starts,
                        zone,
                        contact_zone: zone,
                        steps: &steps,
                        window: day_window(),
                        earlier_at: EARLIER_AT,
                        min_gap: Duration::hours(4),
                        now: start - ahead,
                        fixed: &[],
                        waiting: &[],
                    });
                    plans += 1;
                }
            }
        }
    }
    assert!(plans > 10_000, "{plans}");
}
