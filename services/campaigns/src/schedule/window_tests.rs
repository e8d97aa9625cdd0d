use proptest::prelude::*;

use super::*;

const NEW_YORK: Tz = chrono_tz::America::New_York;

fn window(json: &str) -> Window {
    serde_json::from_str(json).unwrap()
}

fn fault(json: &str) -> &'static str {
    let written: Written = serde_json::from_str(json).unwrap();
    Window::try_from(written).unwrap_err().pointer()
}

fn at(local: &str) -> DateTime<Utc> {
    zone::instant(local.parse().unwrap(), NEW_YORK)
}

fn shown(at: DateTime<Utc>) -> String {
    zone::local(at, NEW_YORK).format("%a %d %H:%M").to_string()
}

#[test]
fn windows_are_written_as_they_are_read() {
    for json in [
        r#"{"from":"09:00","to":"20:00"}"#,
        r#"{"from":"00:00","to":"24:00"}"#,
        r#"{"from":"21:30","to":"06:00","days":["fri","sun"]}"#,
    ] {
        assert_eq!(serde_json::to_string(&window(json)).unwrap(), json);
    }
}

#[test]
fn faults_point_at_their_field() {
    for (json, pointer) in [
        (r#"{"from":"9:00","to":"20:00"}"#, "/from"),
        (r#"{"from":"24:00","to":"20:00"}"#, "/from"),
        (r#"{"from":"09:00","to":"20:60"}"#, "/to"),
        (r#"{"from":"09:00","to":"25:00"}"#, "/to"),
        (r#"{"from":"09:00","to":"09:00"}"#, "/to"),
        (
            r#"{"from":"09:00","to":"20:00","days":["monday"]}"#,
            "/days",
        ),
        (r#"{"from":"09:00","to":"20:00","days":[]}"#, "/days"),
    ] {
        assert_eq!(fault(json), pointer, "{json}");
    }
    assert!(serde_json::from_str::<Window>(r#"{"from":630,"to":"20:00"}"#).is_err());
}

#[test]
fn outside_the_window_the_next_opening_and_the_last_minute_are_found() {
    let weekdays =
        window(r#"{"from":"09:00","to":"20:00","days":["mon","tue","wed","thu","fri"]}"#);
    let saturday = at("2026-12-05T12:00:00");
    assert_eq!(
        shown(weekdays.next_allowed(saturday, NEW_YORK)),
        "Mon 07 09:00"
    );
    assert_eq!(
        shown(weekdays.last_allowed_before(saturday, NEW_YORK, None)),
        "Fri 04 19:59"
    );
    let six = NaiveTime::from_hms_opt(18, 0, 0);
    assert_eq!(
        shown(weekdays.last_allowed_before(saturday, NEW_YORK, six)),
        "Fri 04 18:00"
    );
    let too_late = NaiveTime::from_hms_opt(22, 0, 0);
    assert_eq!(
        shown(weekdays.last_allowed_before(saturday, NEW_YORK, too_late)),
        "Fri 04 19:59"
    );
    let open = at("2026-12-04T19:59:59");
    assert_eq!(weekdays.next_allowed(open, NEW_YORK), open);
    assert_eq!(weekdays.last_allowed_before(open, NEW_YORK, six), open);
}

#[test]
fn a_window_over_midnight_belongs_to_the_day_it_opens_on() {
    let night = window(r#"{"from":"22:00","to":"02:00","days":["fri"]}"#);
    assert!(night.contains(at("2026-12-05T01:59:00"), NEW_YORK));
    assert!(!night.contains(at("2026-12-05T23:00:00"), NEW_YORK));
    assert!(!night.contains(at("2026-12-04T01:00:00"), NEW_YORK));
    let sunday = at("2026-12-06T12:00:00");
    assert_eq!(
        shown(night.last_allowed_before(sunday, NEW_YORK, None)),
        "Sat 05 01:59"
    );
    let eleven = NaiveTime::from_hms_opt(23, 0, 0);
    assert_eq!(
        shown(night.last_allowed_before(sunday, NEW_YORK, eleven)),
        "Fri 04 23:00"
    );
    assert_eq!(shown(night.next_allowed(sunday, NEW_YORK)), "Fri 11 22:00");
}

#[test]
fn a_window_that_opens_in_a_gap_opens_at_its_end() {
    let early = window(r#"{"from":"02:30","to":"05:00"}"#);
    let before = at("2027-03-14T01:15:00");
    assert_eq!(shown(early.next_allowed(before, NEW_YORK)), "Sun 14 03:00");
    // One that the clocks skip altogether opens the next day.
    let skipped = window(r#"{"from":"02:10","to":"02:40"}"#);
    assert_eq!(
        shown(skipped.next_allowed(before, NEW_YORK)),
        "Mon 15 02:10"
    );
    assert_eq!(
        shown(skipped.last_allowed_before(before, NEW_YORK, None)),
        "Sat 13 02:39"
    );
}

#[test]
fn a_window_is_open_twice_when_the_clocks_are_turned_back_into_it() {
    let late = window(r#"{"from":"22:00","to":"01:30"}"#);
    let shut = at("2026-11-01T01:30:00") + Duration::minutes(10);
    assert!(!late.contains(shut, NEW_YORK));
    let again = late.next_allowed(shut, NEW_YORK);
    assert_eq!(again, at("2026-11-01T01:30:00") + Duration::minutes(30));
    assert_eq!(shown(again), "Sun 01 01:00");
}

pub(crate) fn any_window() -> impl Strategy<Value = Window> {
    (0..DAY, 1..=DAY, 1u8..0b1000_0000).prop_filter_map("says nothing", |(from, to, days)| {
        Window::daily(from, to).map(|window| Window { days, ..window })
    })
}

proptest! {
    #[test]
    fn the_answers_lie_in_the_window_and_on_their_side(
        window in any_window(),
        zone in proptest::sample::select(&chrono_tz::TZ_VARIANTS[..]),
        second in 0i64..440_000_000,
        earlier in 0u32..86_400,
    ) {
        let at = DateTime::from_timestamp(1_704_067_200 + second, 0).unwrap();
        let next = window.next_allowed(at, zone);
        prop_assert!(next >= at && window.contains(next, zone));
        prop_assert!(window.contains(at, zone) == (next == at));
        let last = window.last_allowed_before(at, zone, None);
        prop_assert!(last <= at && window.contains(last, zone));
        let time = NaiveTime::from_num_seconds_from_midnight_opt(earlier, 0);
        let chosen = window.last_allowed_before(at, zone, time);
        prop_assert!(chosen <= last && window.contains(chosen, zone));
        prop_assert_eq!(window, serde_json::from_str(&serde_json::to_string(&window).unwrap()).unwrap());
    }
}
