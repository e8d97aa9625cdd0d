use proptest::prelude::*;

use super::*;

const NEW_YORK: Tz = chrono_tz::America::New_York;

fn duration(text: &str) -> IsoDuration {
    text.parse().unwrap()
}

fn local(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

#[test]
fn forms_are_read_and_written_in_one_way() {
    for (given, written) in [
        ("P2D", "P2D"),
        ("P1W", "P7D"),
        ("P1W2D", "P9D"),
        ("PT48H", "PT48H"),
        ("PT90M", "PT1H30M"),
        ("-PT2H", "-PT2H"),
        ("+PT1H", "PT1H"),
        ("P1DT2H", "P1DT2H"),
        ("-P1DT2H3M4S", "-P1DT2H3M4S"),
        ("-P0D", "PT0S"),
        ("PT0S", "PT0S"),
        ("P3660D", "P3660D"),
    ] {
        assert_eq!(duration(given).to_string(), written);
    }
}

#[test]
fn faults_say_where_and_what() {
    for (given, at, what) in [
        ("", 0, Fault::NoP),
        ("2D", 0, Fault::NoP),
        ("--P2D", 1, Fault::NoP),
        ("p2d", 0, Fault::NoP),
        ("P", 1, Fault::Empty),
        ("P2DT", 4, Fault::Empty),
        ("PT", 2, Fault::Empty),
        ("PD", 1, Fault::NoNumber),
        ("P2D ", 3, Fault::NoNumber),
        ("P-2D", 1, Fault::NoNumber),
        ("P2", 2, Fault::NoUnit),
        ("PT1.5H", 3, Fault::NoNumber),
        ("P5M", 2, Fault::Month),
        ("P1Y", 2, Fault::Month),
        ("P2H", 2, Fault::TimeWithoutT),
        ("PT2D", 3, Fault::DayAfterT),
        ("P1D1W", 3, Fault::Order),
        ("PT1H1H", 4, Fault::Order),
        ("P1DT1HT1M", 6, Fault::NoNumber),
        ("P3661D", 1, Fault::TooLong),
        ("P99999999999999999999999D", 1, Fault::TooLong),
        ("PT90000H", 2, Fault::TooLong),
        ("P2Ö", 2, Fault::NoUnit),
    ] {
        let error = given.parse::<IsoDuration>().unwrap_err();
        assert_eq!((error.at, error.what), (at, what), "{given}");
    }
    let told = "P5M".parse::<IsoDuration>().unwrap_err().to_string();
    assert!(told.ends_with("PT5M (at character 3)."), "{told}");
}

#[test]
fn two_days_keep_the_time_on_the_clock_and_48_hours_do_not() {
    for (start, days, hours) in [
        (
            "2026-03-09T09:00:00",
            "2026-03-07T09:00:00",
            "2026-03-07T08:00:00",
        ),
        (
            "2026-11-02T09:00:00",
            "2026-10-31T09:00:00",
            "2026-10-31T10:00:00",
        ),
        (
            "2026-12-01T14:00:00",
            "2026-11-29T14:00:00",
            "2026-11-29T14:00:00",
        ),
    ] {
        let at = zone::instant(local(start), NEW_YORK);
        let shown = |text: &str| zone::local(duration(text).from_instant(at, NEW_YORK), NEW_YORK);
        assert_eq!(shown("-P2D"), local(days));
        assert_eq!(shown("-PT48H"), local(hours));
    }
}

#[test]
fn a_mixed_one_counts_days_first() {
    let at = zone::instant(local("2027-03-13T01:30:00"), NEW_YORK);
    // One day on is 01:30, half an hour before the clocks leap; an hour later they show 03:30.
    let there = duration("P1DT1H").from_instant(at, NEW_YORK);
    assert_eq!(zone::local(there, NEW_YORK), local("2027-03-14T03:30:00"));
}

#[test]
fn days_are_counted_from_what_is_written() {
    // 02:30 does not exist on the day itself, but two days before it does.
    let there = duration("-P2D").from_local(local("2027-03-14T02:30:00"), NEW_YORK);
    assert_eq!(zone::local(there, NEW_YORK), local("2027-03-12T02:30:00"));
}

#[test]
fn the_ends_of_the_calendar_hold() {
    let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
    for text in ["P3660D", "PT80000H", "P1DT1H"] {
        assert!(duration(text).from_instant(last, NEW_YORK) <= last);
        assert!(duration(&format!("-{text}")).from_instant(first, NEW_YORK) >= first);
    }
}

fn any_duration() -> impl Strategy<Value = IsoDuration> {
    (any::<bool>(), 0..=LONGEST_DAYS, 0..=LONGEST_SECONDS).prop_map(|(negative, days, seconds)| {
        IsoDuration {
            negative: negative && (days, seconds) != (0, 0),
            days,
            seconds,
        }
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(duration in any_duration()) {
        prop_assert_eq!(duration.to_string().parse::<IsoDuration>(), Ok(duration));
        let json = serde_json::to_string(&duration).unwrap();
        prop_assert_eq!(serde_json::from_str::<IsoDuration>(&json).unwrap(), duration);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[-+PTWDHMSY0-9., é]{0,24}") {
        match text.parse::<IsoDuration>() {
            Ok(duration) => prop_assert_eq!(duration.to_string().parse::<IsoDuration>(), Ok(duration)),
            Err(error) => prop_assert!(error.at <= text.len()),
        }
    }

    #[test]
    fn days_there_and_back_end_where_they_began(days in 0i32..3_660, minute in 0i64..10_000_000) {
        let local = local("2024-01-01T00:00:00") + Duration::minutes(minute);
        let there = IsoDuration::of_days(days).unwrap();
        let back = IsoDuration::of_days(-days).unwrap();
        prop_assert_eq!(back.days_away(there.days_away(local)), local);
    }
}
