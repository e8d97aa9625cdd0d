use proptest::prelude::*;

use super::*;

fn recurring(cron: &str, late_seconds: u32) -> Recurring {
    let timezone = "America/New_York".to_string();
    let rule = Rule::Cron(cron.to_string());
    Recurrence {
        rule,
        timezone,
        late_seconds,
    }
    .read()
    .unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    zone::instant(text.parse().unwrap(), chrono_tz::America::New_York)
}

fn summary(passed: &Passed) -> Vec<(u32, Why)> {
    passed
        .skipped
        .iter()
        .map(|skipped| (skipped.count, skipped.why))
        .collect()
}

#[test]
fn a_slot_found_in_time_is_started() {
    let hourly = recurring("0 * * * *", 3_600);
    let slot = at("2026-12-01T10:00:00");
    let passed = hourly.passed(slot, slot + Duration::seconds(2), false);
    assert_eq!(
        (passed.due.map(|due| due.at), passed.skipped.len()),
        (Some(slot), 0)
    );
    assert_eq!(
        passed.next.map(|next| next.at),
        Some(slot + Duration::hours(1))
    );
}

#[test]
fn after_a_downtime_at_most_one_is_caught_up() {
    let hourly = recurring("0 * * * *", 2 * 3_600 + 60);
    let first = at("2026-12-01T10:00:00");
    let passed = hourly.passed(first, at("2026-12-02T09:30:00"), false);
    assert_eq!(summary(&passed), [(22, Why::Late), (1, Why::Collapsed)]);
    assert_eq!(
        passed.due.map(|due| due.at),
        Some(at("2026-12-02T09:00:00"))
    );
    // All too late: none is.
    let passed = recurring("0 9 * * *", 3_600).passed(
        at("2026-12-01T09:00:00"),
        at("2026-12-05T12:00:00"),
        false,
    );
    assert_eq!((summary(&passed), passed.due), (vec![(5, Why::Late)], None));
}

#[test]
fn while_the_one_before_is_not_over_none_is_started() {
    let slot = at("2026-12-01T10:00:00");
    let passed = recurring("0 * * * *", 3_600).passed(slot, slot, true);
    assert_eq!(
        (summary(&passed), passed.due),
        (vec![(1, Why::Overlap)], None)
    );
}

#[test]
fn slots_of_a_pause_are_skipped_and_the_next_stays() {
    let hourly = recurring("0 * * * *", 3_600);
    let passed = hourly.paused(at("2026-12-01T10:00:00"), at("2026-12-01T13:30:00"));
    assert_eq!(summary(&passed), [(4, Why::Paused)]);
    assert_eq!(
        passed.next.map(|next| next.at),
        Some(at("2026-12-01T14:00:00"))
    );
}

#[test]
fn years_of_downtime_are_counted_up_to_a_bound() {
    let passed = recurring("*/5 * * * *", 300).passed(
        at("2020-01-01T00:00:00"),
        at("2026-12-01T00:02:00"),
        false,
    );
    assert_eq!(summary(&passed), [(MOST_COUNTED, Why::Late)]);
    assert_eq!(
        passed.due.map(|due| due.at),
        Some(at("2026-12-01T00:00:00"))
    );
}

#[test]
fn an_end_in_utc_is_kept() {
    let rule = Rule::Rrule {
        rule: "FREQ=DAILY;UNTIL=20261203T140000Z".into(),
        start: "2026-12-01T09:00:00".parse().unwrap(),
    };
    let timezone = "America/New_York".to_string();
    let daily = Recurrence {
        rule,
        timezone,
        late_seconds: 60,
    }
    .read()
    .unwrap();
    // 09:00 in New York is 14:00 UTC.
    assert!(daily.next_after(at("2026-12-03T08:00:00")).is_some());
    assert_eq!(daily.next_after(at("2026-12-03T09:00:00")), None);
}

#[test]
fn the_shortest_interval_is_found() {
    for (cron, minutes) in [
        ("* * * * *", 1),
        ("0 9,17 * * *", 480),
        ("0,5 9 1 1 *", 5),
        ("0 9 * * 1", 7 * 1440),
    ] {
        let shortest = recurring(cron, 60).shortest_interval(at("2026-12-01T00:00:00"));
        assert_eq!(shortest, Some(Duration::minutes(minutes)), "{cron}");
    }
}

proptest! {
    /// Whatever the scheduler's looks at the clock, each slot has exactly one fate.
    #[test]
    fn every_slot_is_started_or_skipped_once(
        looks in proptest::collection::vec((1i64..2_000, any::<bool>(), any::<bool>()), 1..30),
        late in 60u32..20_000,
        cron in proptest::sample::select(&["*/30 * * * *", "30 1,2 * * *", "15 */4 * * *"][..]),
    ) {
        let recurring = recurring(cron, late);
        let start = at("2026-10-31T20:00:00");
        let mut now = start;
        let mut next = recurring.next_after(now).unwrap();
        let mut fates = 0;
        for (minutes, busy, paused) in looks {
            now += Duration::minutes(minutes);
            if next.at > now { continue }
            let passed = if paused { recurring.paused(next.at, now) } else { recurring.passed(next.at, now, busy) };
            if let Some(due) = passed.due {
                prop_assert!(due.at <= now && now - due.at <= Duration::seconds(i64::from(late)));
                prop_assert!(!busy);
            }
            fates += passed.skipped.iter().map(|skipped| skipped.count).sum::<u32>() + u32::from(passed.due.is_some());
            next = passed.next.unwrap();
            prop_assert!(next.at > now);
        }
        let mut slots = 0;
        let mut at = start;
        while let Some(slot) = recurring.next_after(at).filter(|slot| slot.at < next.at) {
            slots += 1;
            at = slot.at;
        }
        prop_assert_eq!(fates, slots);
    }
}
