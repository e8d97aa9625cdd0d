use proptest::prelude::*;

use super::*;

/// 2026-06-10T15:00:00Z, a Wednesday: 11:00 in New York, 8:00 in Los Angeles.
const START: i64 = 1_781_103_600_000;
const HOUR: i64 = 3_600_000;

fn wave(from: i64, lane: usize, zone: Option<usize>, people: u64) -> Wave {
    Wave {
        from,
        until: i64::MAX,
        lane,
        zone,
        people,
        segments: people,
    }
}

fn bounds(rates: &[f64], lanes: &[&[usize]]) -> Bounds {
    Bounds {
        limits: rates
            .iter()
            .map(|rate| Limit {
                per_second: *rate,
                per_day: None,
            })
            .collect(),
        lanes: lanes.iter().map(|lane| lane.to_vec()).collect(),
        per_minute: None,
        zones: vec![chrono_tz::America::New_York, chrono_tz::Asia::Tokyo],
    }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn what_nothing_binds_leaves_when_it_may() {
    let waves = [
        wave(START, 0, Some(0), 90),
        wave(START + 9 * HOUR, 0, Some(1), 10),
    ];
    let curve = plan(&waves, &bounds(&[], &[&[]]), START, START + 24 * HOUR);
    assert_eq!(curve.late, 0);
    assert_eq!(curve.finish, Some(at("2026-06-11T00:00:00Z")));
    let local: Vec<(String, u64)> = curve
        .local_hours
        .iter()
        .map(|(hour, people)| (hour.to_string(), *people))
        .collect();
    assert_eq!(
        local,
        [
            ("2026-06-10 11:00:00".to_string(), 90),
            ("2026-06-11 09:00:00".to_string(), 10)
        ]
    );
}

#[test]
fn a_limit_spreads_texts_and_the_last_ones_come_too_late() {
    let waves = [wave(START, 0, Some(0), 10_000)];
    let curve = plan(&waves, &bounds(&[1.0], &[&[0]]), START, START + 2 * HOUR);
    assert_eq!(
        curve.hours.values().copied().collect::<Vec<_>>(),
        [3600, 3600]
    );
    assert_eq!(curve.late, 2800);
    assert_eq!(curve.finish, Some(at("2026-06-10T17:00:00Z")));
    let slow = plan(&waves, &bounds(&[1.0], &[&[0]]), START, START + 24 * HOUR);
    assert_eq!(
        (slow.late, slow.finish),
        (0, Some(at("2026-06-10T17:47:00Z")))
    );
}

#[test]
fn the_limit_of_a_minute_counts_texts_and_not_segments() {
    let mut one = wave(START, 0, None, 600);
    one.segments = 1800;
    let minutes = Bounds {
        per_minute: Some(60),
        ..bounds(&[], &[&[]])
    };
    let curve = plan(&[one.clone()], &minutes, START, START + HOUR);
    assert_eq!(curve.finish, Some(at("2026-06-10T15:10:00Z")));
    let segments = plan(&[one], &bounds(&[1.0], &[&[0]]), START, START + HOUR);
    assert_eq!(segments.finish, Some(at("2026-06-10T15:30:00Z")));
}

#[test]
fn a_limit_that_two_lanes_share_is_shared() {
    let waves = [wave(START, 0, None, 600), wave(START, 1, None, 600)];
    let shared = plan(
        &waves,
        &bounds(&[1.0], &[&[0], &[0]]),
        START,
        START + 5 * HOUR,
    );
    assert_eq!(shared.finish, Some(at("2026-06-10T15:20:00Z")));
    let apart = plan(
        &waves,
        &bounds(&[1.0, 1.0], &[&[0], &[1]]),
        START,
        START + 5 * HOUR,
    );
    assert_eq!(apart.finish, Some(at("2026-06-10T15:10:00Z")));
}

#[test]
fn a_daily_cap_ends_at_midnight_in_california() {
    let mut capped = bounds(&[0.0], &[&[0]]);
    capped.limits[0].per_day = Some(100);
    let curve = plan(
        &[wave(START, 0, None, 150)],
        &capped,
        START,
        START + 48 * HOUR,
    );
    let hours: Vec<_> = curve.hours.into_iter().collect();
    assert_eq!(
        hours,
        [
            (at("2026-06-10T15:00:00Z"), 100),
            (at("2026-06-11T07:00:00Z"), 50)
        ]
    );
}

#[test]
fn nobody_ends_nowhere() {
    let curve = plan(&[], &bounds(&[], &[]), START, START + HOUR);
    assert_eq!(curve, Curve::default());
}

#[test]
fn whoever_has_not_left_within_their_own_validity_is_too_late() {
    let own = Wave {
        until: START + HOUR,
        ..wave(START, 0, Some(0), 7_200)
    };
    let waves = [own, wave(START, 0, Some(1), 3_600)];
    let curve = plan(&waves, &bounds(&[1.0], &[&[0]]), START, START + 24 * HOUR);
    assert_eq!(curve.late, 3_600);
    assert_eq!(curve.hours.values().sum::<u64>(), 7_200);
    assert_eq!(curve.finish, Some(at("2026-06-10T17:00:00Z")));
}

fn any_waves() -> impl Strategy<Value = Vec<Wave>> {
    let one = (
        0_i64..20,
        0_usize..3,
        prop::option::of(0_usize..2),
        0_u64..5_000,
        1_u64..4,
    );
    let one = one.prop_map(|(hour, lane, zone, people, each)| Wave {
        until: i64::MAX,
        from: START + hour * HOUR / 2,
        lane,
        zone,
        people,
        segments: people * each,
    });
    prop::collection::vec(one, 0..12)
}

proptest! {
    #[test]
    fn everybody_leaves_or_is_late_and_no_hour_sees_more_than_the_rate(
        waves in any_waves(), rate in 0.05..5.0_f64, per_minute in prop::option::of(1_u32..500),
    ) {
        let bounds = Bounds { per_minute, ..bounds(&[rate, 0.0], &[&[0], &[0, 1], &[1]]) };
        let curve = plan(&waves, &bounds, START, START + 24 * HOUR);
        let all: u64 = waves.iter().map(|wave| wave.people).sum();
        let left: u64 = curve.hours.values().sum();
        prop_assert_eq!(left + curve.late, all);
        prop_assert_eq!(curve.local_hours.values().sum::<u64>(), left);
        prop_assert_eq!(curve.finish.is_some(), left > 0);
        if let Some(most) = per_minute {
            prop_assert!(curve.hours.values().all(|people| *people <= u64::from(most) * 60 + 1));
        }
        let bound: Vec<Wave> = waves.into_iter().filter(|wave| wave.lane == 0).collect();
        let curve = plan(&bound, &bounds, START, START + 24 * HOUR);
        prop_assert!(curve.hours.values().all(|people| as_float(*people) <= rate * 3600.0 + 4.0));
    }

    #[test]
    fn more_speed_never_leaves_more_behind(waves in any_waves(), rate in 0.05..2.0_f64) {
        let waves: Vec<Wave> = waves.into_iter().map(|wave| Wave { segments: wave.people, ..wave }).collect();
        let of = |rate| plan(&waves, &bounds(&[rate], &[&[0], &[0], &[0]]), START, START + 12 * HOUR);
        prop_assert!(of(rate * 2.0).late <= of(rate).late + 1);
    }
}
