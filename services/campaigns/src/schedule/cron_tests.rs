use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::schedule::clock_changes::changes;
use crate::schedule::slots::{self, Slot};
use crate::schedule::zone;

const NEW_YORK: Tz = chrono_tz::America::New_York;

fn cron(text: &str) -> Cron {
    text.parse().unwrap()
}

fn local(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

fn next(cron: &Cron, after: DateTime<Utc>, zone: Tz) -> Slot {
    slots::next_after(|from| cron.slots_from(from), after, zone).unwrap()
}

/// What the clocks show at the next slots after a local time.
fn shown(text: &str, after: &str, n: usize) -> Vec<String> {
    let cron = cron(text);
    let mut at = zone::instant(local(after), NEW_YORK);
    (0..n)
        .map(|_| {
            at = next(&cron, at, NEW_YORK).at;
            zone::local(at, NEW_YORK).format("%m-%d %H:%M").to_string()
        })
        .collect()
}

#[test]
fn days_of_the_week_are_those_of_unix() {
    for (text, days) in [
        ("0 9 * * 0", ["12-06 09:00", "12-13 09:00"]),
        ("0 9 * * 7", ["12-06 09:00", "12-13 09:00"]),
        ("0 9 * * 1", ["12-07 09:00", "12-14 09:00"]),
        ("0 9 * * sat", ["12-05 09:00", "12-12 09:00"]),
        ("0 9 * * 5-7", ["12-04 09:00", "12-05 09:00"]),
        ("0 9 * DEC mon-tue", ["12-07 09:00", "12-08 09:00"]),
    ] {
        assert_eq!(shown(text, "2026-12-03T00:00:00", 2), days, "{text}");
    }
}

#[test]
fn either_day_is_enough_where_both_are_given() {
    let days = ["12-04 09:00", "12-07 09:00", "12-11 09:00", "12-13 09:00"];
    assert_eq!(shown("0 9 13,7 12 fri", "2026-12-03T00:00:00", 4), days);
}

#[test]
fn a_slot_in_the_gap_fires_once_and_one_in_the_fold_once() {
    let daily = shown("30 2 * * *", "2027-03-13T00:00:00", 3);
    assert_eq!(daily, ["03-13 02:30", "03-14 03:30", "03-15 02:30"]);
    let daily = shown("30 1 * * *", "2026-10-31T00:00:00", 3);
    assert_eq!(daily, ["10-31 01:30", "11-01 01:30", "11-02 01:30"]);
    // Slots that the gap moves onto later ones do not fire beside them.
    let halves = shown("*/30 * * * *", "2027-03-14T01:00:00", 4);
    assert_eq!(
        halves,
        ["03-14 01:30", "03-14 03:00", "03-14 03:30", "03-14 04:00"]
    );
    let halves = shown("*/30 * * * *", "2026-11-01T00:30:00", 4);
    assert_eq!(
        halves,
        ["11-01 01:00", "11-01 01:30", "11-01 02:00", "11-01 02:30"]
    );
}

#[test]
fn faults_say_where_and_how_to_mend_them() {
    for (text, at, hint) in [
        ("", 0, "minute, hour"),
        ("0 9 * *", 7, "minute, hour"),
        ("0 0 9 * * *", 10, "Seconds"),
        ("60 9 * * *", 0, "0 to 59"),
        ("0 24 * * *", 2, "0 to 23"),
        ("0 9 0 * *", 4, "1 to 31"),
        ("0 9 1,32 * *", 6, "1 to 31"),
        ("0 9 * 13 *", 6, "1 to 12"),
        ("0 9 * * 8", 8, "0 to 7"),
        ("0 9 * * 1,monday", 10, "sun to sat"),
        ("0 9 L * *", 4, "rrule"),
        ("0 9 * * 2#1", 8, "rrule"),
        ("0 9 ? * *", 4, "rrule"),
        ("5/15 * * * *", 0, "5-59/15"),
        ("*/0 * * * *", 2, "1 to 59"),
        ("*/ * * * *", 2, "1 to 59"),
        ("0 17-9 * * *", 2, "17-23"),
        ("0 9 * * fri-mon", 8, "5-6"),
        ("0,,5 9 * * *", 2, "0 to 59"),
        ("0 9 */2 * mon", 4, "1-31/2"),
        ("+5 9 * * *", 0, "0 to 59"),
        ("@daily", 0, "0 0 * * *"),
        ("0 9 * * möb", 9, "minute, hour"),
    ] {
        let error = text.parse::<Cron>().unwrap_err();
        assert_eq!((error.at, error.code()), (at, INVALID), "{text}: {error}");
        assert!(error.hint.contains(hint), "{text}: {error}");
    }
    assert!("9 ".repeat(500).parse::<Cron>().is_err());
}

#[test]
fn what_never_fires_is_refused() {
    for text in [
        "0 0 31 2 *",
        "0 0 30 2 *",
        "0 0 31 4,6,9,11 *",
        "* * 30-31 feb *",
    ] {
        assert_eq!(
            text.parse::<Cron>().unwrap_err().code(),
            NEVER_FIRES,
            "{text}"
        );
    }
    for text in ["0 0 29 2 *", "0 0 31 2 mon", "0 0 31 2,3 *"] {
        assert!(text.parse::<Cron>().is_ok(), "{text}");
    }
}

/// A field of random values, ranges and steps.
fn field(least: u8, most: u8) -> impl Strategy<Value = String> {
    let value = least..=most;
    let range =
        (least..=most, least..=most).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b)));
    let item = prop_oneof![
        value.prop_map(|value| value.to_string()),
        range.clone(),
        (range, 1..=most).prop_map(|(range, step)| format!("{range}/{step}")),
    ];
    prop_oneof![
        2 => Just("*".to_string()),
        3 => proptest::collection::vec(item, 1..4).prop_map(|items| items.join(",")),
    ]
}

fn expression() -> impl Strategy<Value = String> {
    (
        field(0, 59),
        field(0, 23),
        field(1, 31),
        field(1, 12),
        field(0, 7),
    )
        .prop_map(|(minute, hour, day, month, weekday)| {
            format!("{minute} {hour} {day} {month} {weekday}")
        })
}

proptest! {
    #[test]
    fn the_slots_are_those_another_cron_finds(text in expression(), minute in 0i64..6_000_000) {
        let start = local("2024-01-01T00:00:00") + Duration::minutes(minute);
        let oracle: croner::Cron = text.parse().unwrap();
        match text.parse::<Cron>() {
            Ok(ours) => {
                let ours: Vec<_> = ours.slots_from(start).take(5).collect();
                let theirs: Vec<_> = oracle.iter_from(start.and_utc(), croner::Direction::Forward).take(5).map(|at| at.naive_utc()).collect();
                prop_assert_eq!(ours, theirs);
            }
            Err(error) => {
                prop_assert!(error.never_fires, "{}: {}", text, error);
                prop_assert!(oracle.find_next_occurrence(&start.and_utc(), true).is_err());
            }
        }
    }

    #[test]
    fn away_from_changes_of_the_clock_instants_are_those_another_cron_finds(
        text in expression(),
        zone in proptest::sample::select(&chrono_tz::TZ_VARIANTS[..]),
        minute in 0i64..6_000_000,
    ) {
        let Ok(ours) = text.parse::<Cron>() else { return Ok(()) };
        let oracle: croner::Cron = text.parse().unwrap();
        let start = (local("2024-01-01T00:00:00") + Duration::minutes(minute)).and_utc();
        let told = next(&ours, start, zone).at;
        if zone::first_change(zone, start - Duration::days(2), told + Duration::days(1)).is_none() {
            let theirs = oracle.find_next_occurrence(&start.with_timezone(&zone), false).unwrap();
            prop_assert_eq!(told, theirs.with_timezone(&Utc));
        }
    }

    #[test]
    fn instants_rise_and_each_is_a_slot_of_the_clock(
        text in expression(),
        zone in proptest::sample::select(&[NEW_YORK, chrono_tz::Europe::Berlin, chrono_tz::Australia::Lord_Howe,
            chrono_tz::Antarctica::Troll, chrono_tz::Africa::Casablanca][..]),
        which in any::<prop::sample::Index>(),
        before in 0i64..300,
    ) {
        let Ok(cron) = text.parse::<Cron>() else { return Ok(()) };
        let change = *which.get(&changes(zone));
        let mut at = change.at - Duration::minutes(before);
        for _ in 0..20 {
            let slot = next(&cron, at, zone);
            prop_assert!(slot.at > at);
            prop_assert_eq!(zone::instant(slot.local, zone), slot.at);
            // No slot between the two was left out.
            let missed = cron
                .slots_from(change.shows(at) - Duration::hours(3))
                .take_while(|local| *local < change.shows(at) + Duration::hours(3))
                .map(|local| zone::instant(local, zone))
                .find(|other| *other > at && *other < slot.at);
            prop_assert_eq!(missed, None);
            at = slot.at;
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "[-0-9*/, a-zA-Z@#?é]{0,30}") {
        if let Err(error) = text.parse::<Cron>() {
            prop_assert!(error.at <= text.len());
        }
    }
}
