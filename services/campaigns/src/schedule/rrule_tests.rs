use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::schedule::{slots, zone};

const NEW_YORK: Tz = chrono_tz::America::New_York;

fn local(text: &str) -> NaiveDateTime {
    let form = if text.contains('-') {
        "%Y-%m-%dT%H:%M"
    } else {
        "%Y%m%dT%H%M"
    };
    NaiveDateTime::parse_from_str(text, form).unwrap()
}

fn rrule(text: &str, start: &str) -> Rrule {
    Rrule::parse(text, local(start)).unwrap()
}

fn days(text: &str, start: &str, n: usize) -> String {
    let rrule = rrule(text, start);
    let slots = rrule.slots_from(local(start)).take(n);
    let days: Vec<_> = slots
        .map(|slot| slot.format("%y-%m-%d").to_string())
        .collect();
    days.join(" ")
}

/// Rules of the examples of RFC 5545, 3.8.5.3, from the days given there.
#[test]
fn the_examples_of_the_rfc_come_out() {
    for (start, rule, expected) in [
        (
            "1997-09-02",
            "FREQ=DAILY;INTERVAL=10;COUNT=5",
            "97-09-02 97-09-12 97-09-22 97-10-02 97-10-12",
        ),
        (
            "1997-09-02",
            "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,TH;COUNT=8",
            "97-09-02 97-09-04 97-09-16 97-09-18 97-09-30 97-10-02 97-10-14 97-10-16",
        ),
        (
            "1997-09-05",
            "FREQ=MONTHLY;COUNT=3;BYDAY=1FR",
            "97-09-05 97-10-03 97-11-07",
        ),
        (
            "1997-09-07",
            "FREQ=MONTHLY;INTERVAL=2;COUNT=4;BYDAY=1SU,-1SU",
            "97-09-07 97-09-28 97-11-02 97-11-30",
        ),
        (
            "1997-09-22",
            "FREQ=MONTHLY;COUNT=3;BYDAY=-2MO",
            "97-09-22 97-10-20 97-11-17",
        ),
        (
            "1997-09-28",
            "FREQ=MONTHLY;BYMONTHDAY=-3",
            "97-09-28 97-10-29 97-11-28",
        ),
        (
            "1997-09-02",
            "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
            "98-02-13 98-03-13 98-11-13",
        ),
        (
            "1997-09-13",
            "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
            "97-09-13 97-10-11 97-11-08",
        ),
        (
            "1996-11-05",
            "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
            "96-11-05 00-11-07 04-11-02",
        ),
        (
            "1997-05-19",
            "FREQ=YEARLY;BYDAY=20MO",
            "97-05-19 98-05-18 99-05-17",
        ),
        (
            "1997-03-13",
            "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
            "97-03-13 97-03-20 97-03-27 98-03-05",
        ),
        (
            "1997-06-10",
            "FREQ=YEARLY;COUNT=4;BYMONTH=6,7",
            "97-06-10 97-07-10 98-06-10 98-07-10",
        ),
        (
            "1997-09-04",
            "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
            "97-09-04 97-10-07 97-11-06",
        ),
        (
            "1997-09-29",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
            "97-09-29 97-10-30 97-11-27",
        ),
        (
            "1997-08-05",
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
            "97-08-05 97-08-10 97-08-19 97-08-24",
        ),
        (
            "1997-08-05",
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
            "97-08-05 97-08-17 97-08-19 97-08-31",
        ),
        (
            "1997-09-02",
            "FREQ=DAILY;UNTIL=19970904",
            "97-09-02 97-09-03 97-09-04",
        ),
        (
            "1997-09-02",
            "RRULE:FREQ=MONTHLY;BYMONTHDAY=31",
            "97-10-31 97-12-31 98-01-31",
        ),
        (
            "1997-05-12",
            "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
            "97-05-12 98-05-11 99-05-17",
        ),
        (
            "1997-01-01",
            "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
            "97-01-01 97-04-10 97-07-19 00-01-01 00-04-09 00-07-18 03-01-01",
        ),
    ] {
        let n = expected.split(' ').count();
        assert_eq!(days(rule, &format!("{start}T09:00"), n), expected, "{rule}");
    }
}

/// Random rules with the first five slots that Python's dateutil 2.9 finds for them up to 2050.
/// (`rrule_year_cases.txt`: without four where it miscounts the weeks at the turn of a year.)
#[test]
fn random_rules_have_the_slots_another_reader_of_the_rfc_finds() {
    let mut with_slots = 0;
    let cases = include_str!("rrule_cases.txt").lines();
    for case in cases.chain(include_str!("rrule_year_cases.txt").lines()) {
        let [rule, start, slots] = case.split('|').collect::<Vec<_>>()[..] else {
            panic!("{case}")
        };
        let told = match Rrule::parse(rule, local(start)) {
            Ok(rrule) => rrule
                .slots_from(local(start))
                .take_while(|slot| slot.year() <= 2050)
                .take(5)
                .collect(),
            Err(error) => {
                assert!(error.never_fires, "{case}: {error}");
                Vec::new()
            }
        };
        let expected: Vec<_> = slots.split_whitespace().map(local).collect();
        with_slots += usize::from(!expected.is_empty());
        assert_eq!(told, expected, "{case}");
    }
    assert!(with_slots > 200);
}

#[test]
fn a_slot_in_the_gap_moves() {
    let rrule = rrule("FREQ=DAILY", "2027-03-13T02:30");
    let mut at = zone::instant(local("2027-03-13T00:00"), NEW_YORK);
    let shown: Vec<_> = (0..3)
        .map(|_| {
            let slot = slots::next_after(|from| rrule.slots_from(from), at, NEW_YORK);
            at = slot.unwrap().at;
            zone::local(at, NEW_YORK).format("%m-%d %H:%M").to_string()
        })
        .collect();
    assert_eq!(shown, ["03-13 02:30", "03-14 03:30", "03-15 02:30"]);
}

#[test]
fn a_count_is_counted_from_the_start() {
    let rrule = rrule("FREQ=DAILY;COUNT=3", "2026-12-01T09:00");
    let later: Vec<_> = rrule.slots_from(local("2026-12-03T00:00")).collect();
    assert_eq!(later, [local("2026-12-03T09:00")]);
    assert_eq!(rrule.slots_from(local("2026-12-04T00:00")).next(), None);
}

#[test]
fn faults_say_where_and_how_to_mend_them() {
    for (text, at, hint) in [
        ("", 0, "FREQ=WEEKLY"),
        ("BYDAY=MO", 0, "FREQ=WEEKLY"),
        ("FREQ=SECONDLY", 5, "HOURLY"),
        ("FREQ=DAILY;", 11, "FREQ=WEEKLY"),
        ("FREQ=DAILY;INTERVAL=0", 20, "1 to 1000"),
        ("FREQ=DAILY;COUNT=99999", 17, "1 to 10000"),
        ("FREQ=DAILY;FREQ=DAILY", 11, "once"),
        ("FREQ=DAILY;COUNT=1;UNTIL=20270101", 19, "not both"),
        ("FREQ=DAILY;UNTIL=2027-01-01", 17, "20271231"),
        ("FREQ=DAILY;BYHOUR=9,24", 20, "0 to 23"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", 24, "1 to 31"),
        ("FREQ=WEEKLY;BYDAY=MO,2TU", 18, "MONTHLY"),
        ("FREQ=MONTHLY;BYDAY=6MO", 19, "five"),
        ("FREQ=MONTHLY;BYDAY=MO,XX", 22, "MO, TU"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", 12, "MONTHLY"),
        ("FREQ=MONTHLY;BYSETPOS=1", 13, "BYDAY"),
        ("FREQ=YEARLY;BYWEEKNO=20", 12, "BYDAY=MO"),
        ("FREQ=MONTHLY;BYWEEKNO=20;BYDAY=MO", 13, "YEARLY"),
        (
            "FREQ=YEARLY;BYWEEKNO=20;BYDAY=1MO",
            12,
            "BYWEEKNO=20;BYDAY=MO",
        ),
        ("FREQ=YEARLY;BYWEEKNO=54;BYDAY=MO", 21, "1 to 53"),
        ("FREQ=DAILY;BYYEARDAY=1", 11, "YEARLY"),
        ("FREQ=YEARLY;BYYEARDAY=0", 22, "1 to 366"),
        ("FREQ=DAILY;BYSECOND=1", 11, "Taken are"),
        ("FREQ=DAILY;EXDATE=20261225", 11, "line of its own"),
        (
            "FREQ=DAILY\nEXDATE:20261225,tomorrow",
            27,
            "all of that day",
        ),
        ("FREQ=DAILY\nEXDATE:20261225T090000Z", 18, "on the clock"),
        ("FREQ=DAILY\nRDATE:20261225", 11, "EXDATE"),
        ("RRULE:FREQ=DAILY;DTSTART=20270101", 17, "beside"),
        ("FREQ=DAILY;FOO=1", 11, "FREQ=WEEKLY"),
        ("FREQ=DAILY;BYDAY=é", 17, "FREQ=WEEKLY"),
    ] {
        let error = Rrule::parse(text, local("2026-12-01T09:00")).unwrap_err();
        assert_eq!((error.at, error.code()), (at, INVALID), "{text}: {error}");
        assert!(error.hint.contains(hint), "{text}: {error}");
    }
}

#[test]
fn what_is_left_out_counts_all_the_same() {
    let rule =
        "FREQ=DAILY;COUNT=5\r\nEXDATE:20261203T090000\nEXDATE;VALUE=DATE:20261204,20261230\n";
    assert_eq!(
        days(rule, "2026-12-01T09:00", 9),
        "26-12-01 26-12-02 26-12-05"
    );
    // Another hour of that day is another slot.
    let rule = "FREQ=DAILY;COUNT=2\nEXDATE:20261201T080000";
    assert_eq!(days(rule, "2026-12-01T09:00", 9), "26-12-01 26-12-02");
    let error = Rrule::parse(
        "FREQ=DAILY;COUNT=1\nEXDATE:20261201",
        local("2026-12-01T09:00"),
    );
    assert_eq!(error.unwrap_err().code(), NEVER_FIRES);
}

#[test]
fn what_never_fires_is_refused() {
    for text in [
        "FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1",
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;BYMONTH=1",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;UNTIL=20200101",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=DAILY;INTERVAL=1000;BYMONTH=2;BYMONTHDAY=30",
    ] {
        let error = Rrule::parse(text, local("2026-12-01T09:00")).unwrap_err();
        assert_eq!(error.code(), NEVER_FIRES, "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(FREQ=(YEARLY|MONTHLY|HOURLY))?[;=,A-Z0-9:é-]{0,40}") {
        if let Err(error) = Rrule::parse(&text, local("2026-12-01T09:00")) {
            prop_assert!(error.at <= text.len());
        }
    }

    #[test]
    fn looking_from_later_skips_and_changes_nothing(which in 0usize..250, days in 0i64..2_000) {
        let case = include_str!("rrule_cases.txt").lines().nth(which).unwrap();
        let [rule, start, _] = case.split('|').collect::<Vec<_>>()[..] else { panic!("{case}") };
        let Ok(rrule) = Rrule::parse(rule, local(start)) else { return Ok(()) };
        let from = local(start) + Duration::days(days);
        let told: Vec<_> = rrule.slots_from(from).take(3).collect();
        let whole: Vec<_> = rrule
            .slots_from(local(start))
            .skip_while(|slot| *slot < from)
            .take(3)
            .collect();
        prop_assert_eq!(told, whole);
    }
}
