use std::str::FromStr;

use chrono::Offset;
use proptest::prelude::*;

use super::*;
use crate::law::InForce;

fn row(from: u16, to: u16) -> HoursRow {
    let hours = DayHours(Some(Window { from, to }));
    HoursRow {
        id: "test".to_string(),
        region: Place::In(Region::US),
        classes: vec![Class::Marketing],
        reason: "QUIET_HOURS".to_string(),
        profile: None,
        weekday: hours,
        saturday: hours,
        sunday: hours,
        holiday: None,
        holidays: None,
        in_force: InForce {
            effective_from: NaiveDate::MIN,
            effective_until: None,
        },
        source: String::new(),
        verified: true,
        note: String::new(),
    }
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn seconds(at: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(at, 0).unwrap()
}

fn offset(zone: Tz, at: i64) -> i64 {
    let local = zone.offset_from_utc_datetime(&seconds(at).naive_utc());
    i64::from(local.fix().local_minus_utc())
}

/// Says by arithmetic on seconds alone whether a window is open.
fn oracle(zone: Tz, at: i64, (from, to): (i64, i64)) -> bool {
    let second = (at + offset(zone, at)).rem_euclid(86_400);
    from * 60 <= second && second < to * 60
}

/// Instants between which a zone's offset changes: the last second before each change.
fn transitions(zone: Tz, from: i64, to: i64) -> Vec<i64> {
    let step = 14 * 86_400;
    let mut found = Vec::new();
    let mut at = from;
    let mut here = offset(zone, at);
    while at < to {
        let there = offset(zone, at + step);
        if here != there {
            let (mut low, mut high) = (at, at + step);
            while high - low > 1 {
                let middle = i64::midpoint(low, high);
                if offset(zone, middle) == here {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            found.push(low);
        }
        (at, here) = (at + step, there);
    }
    found
}

/// Half a turn of the clock and more around each change, every edge and a second to both sides of it.
#[test]
fn around_every_change_of_every_clock_the_hours_are_those_of_plain_arithmetic() {
    let law = Law::default();
    let (from, to) = (
        utc("2024-01-01T00:00:00Z").timestamp(),
        utc("2038-01-01T00:00:00Z").timestamp(),
    );
    let mut changes = 0;
    for (open, close) in [(480, 1260), (540, 1200)] {
        let hours = row(open, close);
        let binding = Binding { rows: vec![&hours] };
        let window = (i64::from(open), i64::from(close));
        for zone in chrono_tz::TZ_VARIANTS {
            for change in transitions(zone, from, to) {
                changes += 1;
                let now_offset = offset(zone, change);
                let midnight = (change + now_offset).div_euclid(86_400) * 86_400;
                for day in -1..=1 {
                    for minute in [window.0, window.1] {
                        for of in [now_offset, offset(zone, change + 1)] {
                            let edge = midnight + day * 86_400 + minute * 60 - of;
                            for at in [edge - 1, edge, edge + 1] {
                                let told = binding.at(&law, &[zone], seconds(at)).unwrap().open();
                                assert_eq!(
                                    told,
                                    oracle(zone, at, window),
                                    "{zone} {}",
                                    seconds(at)
                                );
                            }
                        }
                    }
                }
                for start in [change - 12 * 3600, change, change + 1, change + 9 * 3600] {
                    let opens = binding
                        .next_open(&law, &[zone], seconds(start))
                        .unwrap()
                        .timestamp();
                    let told = || format!("{zone} from {} to {}", seconds(start), seconds(opens));
                    assert!(opens >= start && oracle(zone, opens, window), "{}", told());
                    assert!(
                        opens == start || !oracle(zone, opens - 1, window),
                        "{}",
                        told()
                    );
                    let mut at = start;
                    while at < opens {
                        assert!(
                            !oracle(zone, at, window),
                            "{} open at {}",
                            told(),
                            seconds(at)
                        );
                        at += 900;
                    }
                }
            }
        }
    }
    assert!(changes > 5_000, "{changes} changes");
}

fn shipped(profile: Profile, regions: &[&str]) -> (Law, Vec<Region>, Profile) {
    let regions = regions
        .iter()
        .map(|text| Region::parse(text).unwrap())
        .collect();
    (Law::load().unwrap(), regions, profile)
}

fn next(regions: &[&str], zones: &[&str], from: &str) -> String {
    let (law, regions, profile) = shipped(Profile::UsByState, regions);
    let binding = Binding::of(&law, profile, Class::Marketing, &regions, false);
    let zones: Vec<Tz> = zones
        .iter()
        .map(|name| Tz::from_str(name).unwrap())
        .collect();
    let opens = binding.next_open(&law, &zones, utc(from));
    opens.map_or_else(|| "never".to_string(), |at| at.format("%FT%TZ").to_string())
}

#[test]
fn the_next_opening_is_the_one_of_every_zone_and_row() {
    let (ny, chi, hnl, guam) = (
        "America/New_York",
        "America/Chicago",
        "Pacific/Honolulu",
        "Pacific/Guam",
    );
    for (regions, zones, from, opens) in [
        (
            &["US"][..],
            &[ny][..],
            "2026-12-01T14:00:00Z",
            "2026-12-01T14:00:00Z",
        ),
        (
            &["US"],
            &[ny],
            "2026-12-01T04:00:00Z",
            "2026-12-01T13:00:00Z",
        ),
        (
            &["US"],
            &[ny, hnl],
            "2026-12-01T04:00:00Z",
            "2026-12-01T18:00:00Z",
        ),
        (
            &["US"],
            &[ny, guam],
            "2026-12-01T04:00:00Z",
            "2026-12-01T22:00:00Z",
        ),
        (
            &["US"],
            &[ny, hnl, "Asia/Kolkata"],
            "2026-12-01T04:00:00Z",
            "never",
        ),
        (
            &["US-LA"],
            &[chi],
            "2026-12-05T23:00:00Z",
            "2026-12-05T23:00:00Z",
        ),
        (
            &["US-LA"],
            &[chi],
            "2026-12-06T02:00:00Z",
            "2026-12-07T14:00:00Z",
        ),
        (
            &["US-LA", "US-KY"],
            &[chi],
            "2026-12-06T02:00:00Z",
            "2026-12-07T16:00:00Z",
        ),
        // Christmas is a Friday, the Saturday is open until five.
        (
            &["US-RI"],
            &[ny],
            "2026-12-25T02:00:00Z",
            "2026-12-26T15:00:00Z",
        ),
        (&["US"], &[], "2026-12-01T14:00:00Z", "never"),
        (
            &["US"],
            &[ny],
            "2026-11-01T05:30:00Z",
            "2026-11-01T13:00:00Z",
        ),
        (
            &["US"],
            &[ny],
            "2027-03-14T06:30:00Z",
            "2027-03-14T12:00:00Z",
        ),
    ] {
        assert_eq!(
            next(regions, zones, from),
            opens,
            "{regions:?} {zones:?} {from}"
        );
    }
}

#[test]
fn a_local_minute_that_is_skipped_is_the_first_after_the_gap_and_a_double_one_the_earlier() {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let at =
        |zone: &str, date: &str, minute| instant(Tz::from_str(zone).unwrap(), day(date), minute);
    assert_eq!(
        at("America/New_York", "2027-03-14", 150),
        Some(utc("2027-03-14T07:00:00Z"))
    );
    assert_eq!(
        at("America/New_York", "2026-11-01", 90),
        Some(utc("2026-11-01T05:30:00Z"))
    );
    assert_eq!(
        at("Australia/Lord_Howe", "2026-10-04", 135),
        Some(utc("2026-10-03T15:30:00Z"))
    );
    assert_eq!(
        at("Asia/Beirut", "2027-03-28", 0),
        Some(utc("2027-03-27T22:00:00Z"))
    );
}

#[test]
fn urgent_texts_pass_courtesy_but_never_law() {
    let (law, regions, profile) = shipped(Profile::UsByState, &["GB", "FR"]);
    let of = |urgent| {
        Binding::of(&law, profile, Class::Marketing, &regions, urgent)
            .rows
            .len()
    };
    assert_eq!((of(false), of(true)), (2, 1));
}

#[test]
fn the_rows_for_everywhere_else_bind_where_a_country_has_none() {
    let ids = |regions: &[&str], class| {
        let (law, regions, profile) = shipped(Profile::UsByState, regions);
        let binding = Binding::of(&law, profile, class, &regions, false);
        binding
            .rows
            .iter()
            .map(|row| row.id.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&["ZW"], Class::Marketing), ["any.marketing.hours"]);
    assert_eq!(
        ids(&["US-FL"], Class::Marketing),
        ["us.tcpa.hours", "us_fl.hours"]
    );
    assert_eq!(
        ids(&["US-FL", "ZW"], Class::Marketing),
        ["us.tcpa.hours", "us_fl.hours", "any.marketing.hours"]
    );
    assert_eq!(ids(&["US-FL"], Class::Transactional), ["any.service.hours"]);
    assert_eq!(ids(&["US-FL"], Class::Emergency), Vec::<String>::new());
}

#[test]
fn the_rows_against_are_those_that_are_closed() {
    let (law, regions, profile) = shipped(Profile::UsByState, &["US-FL"]);
    let binding = Binding::of(&law, profile, Class::Marketing, &regions, false);
    let against = |at: &str| {
        let rows = binding.against(&law, &[chrono_tz::America::New_York], utc(at));
        rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(against("2026-12-01T19:00:00Z"), Vec::<&str>::new());
    assert_eq!(against("2026-12-02T01:30:00Z"), ["us_fl.hours"]);
    assert_eq!(
        against("2026-12-02T02:30:00Z"),
        ["us.tcpa.hours", "us_fl.hours"]
    );
}

#[test]
fn a_sunday_in_one_zone_opens_a_monday_in_another_at_its_own_minute() {
    let (law, regions, profile) = shipped(Profile::UsByState, &["US-TX"]);
    let binding = Binding::of(&law, profile, Class::Marketing, &regions, false);
    // 5 in the morning of Sunday in Anchorage, where texts may leave from noon on; Harbin is 17 hours ahead.
    let zones = [chrono_tz::America::Anchorage, chrono_tz::Asia::Harbin];
    let opens = binding.next_open(&law, &zones, utc("2033-01-02T14:00:00Z"));
    assert_eq!(opens, Some(utc("2033-01-03T04:00:00Z")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn the_next_opening_is_never_outside_the_hours_of_any_row_and_zone(
        zones in prop::collection::vec(prop::sample::select(&chrono_tz::TZ_VARIANTS[..]), 1..4),
        regions in prop::collection::vec(prop::sample::select(vec![
            "US", "US-FL", "US-TX", "US-LA", "US-RI", "US-PA", "CA", "GB", "FR", "AU", "IN", "BR", "ZW",
        ]), 0..4),
        strict: bool,
        from in 1_735_689_600_i64..2_145_916_800,
    ) {
        static LAW: std::sync::LazyLock<Law> = std::sync::LazyLock::new(|| Law::load().unwrap());
        let law = &*LAW;
        let profile = if strict { Profile::UsStrict } else { Profile::UsByState };
        let regions: Vec<Region> = regions.iter().map(|text| Region::parse(text).unwrap()).collect();
        let binding = Binding::of(law, profile, Class::Marketing, &regions, false);
        let opens = binding.next_open(law, &zones, seconds(from));
        let open = |at: i64| binding.at(law, &zones, seconds(at)).is_some_and(|hours| hours.open());
        let last = opens.map_or(from + 3 * 86_400, |at| at.timestamp());
        prop_assert!(last >= from);
        if let Some(opens) = opens {
            prop_assert!(binding.against(law, &zones, opens).is_empty());
        }
        let mut at = from;
        while at < last {
            prop_assert!(!open(at), "open at {} before {:?}", seconds(at), opens);
            at += 600;
        }
    }
}
