use proptest::prelude::*;

use super::*;
use crate::appointment::testing::{EARLIER_AT, at, day_window, step};

const NEW_YORK: Tz = chrono_tz::America::New_York;

fn steps() -> Vec<Step> {
    vec![
        step("r48", "-PT48H", Late::Skip, Outside::Earlier, "PT24H"),
        step("r2", "-PT2H", Late::Skip, Outside::Later, "PT45M"),
    ]
}

fn asked(steps: &[Step], starts: NaiveDateTime, now: NaiveDateTime) -> Asked<'_> {
    Asked {
        starts,
        zone: NEW_YORK,
        contact_zone: NEW_YORK,
        steps,
        window: day_window(),
        earlier_at: EARLIER_AT,
        min_gap: Duration::hours(4),
        now: zone::instant(now, NEW_YORK),
        fixed: &[],
        waiting: &[],
    }
}

/// A row of the table of cases: for each step the local time on the contact's clock and the reason.
fn row(asked: &Asked<'_>) -> Vec<String> {
    let shown = plan(asked).into_iter().map(|one| match one.due {
        Some(due) => {
            let local = due.with_timezone(&asked.contact_zone);
            format!("{} {}", local.format("%a %H:%M %Z"), one.why.as_str())
        }
        None => one.why.as_str().to_string(),
    });
    shown.collect()
}

const BOOKED: &str = "2026-11-21T10:00";

#[test]
fn a_booking_ten_days_ahead_is_reminded_on_time() {
    let steps = steps();
    let row = row(&asked(&steps, at("2026-12-01T14:00"), at(BOOKED)));
    assert_eq!(row, ["Sun 14:00 EST on_time", "Tue 12:00 EST on_time"]);
}

#[test]
fn early_appointments_are_reminded_the_evening_before_or_when_the_window_opens() {
    let steps = steps();
    let early = row(&asked(&steps, at("2026-12-01T08:30"), at(BOOKED)));
    assert_eq!(
        early,
        ["Sun 08:30 EST on_time", "Mon 18:00 EST quiet_earlier"]
    );
    let later = row(&asked(&steps, at("2026-12-01T09:30"), at(BOOKED)));
    assert_eq!(
        later,
        ["Sun 09:30 EST on_time", "Tue 08:00 EST quiet_later"]
    );
}

#[test]
fn a_night_appointment_is_reminded_before_the_window_closes() {
    let steps = steps();
    let row = row(&asked(&steps, at("2026-12-01T22:30"), at(BOOKED)));
    assert_eq!(
        row,
        ["Sun 18:00 EST quiet_earlier", "Tue 20:30 EST on_time"]
    );
}

#[test]
fn late_bookings_skip_what_has_passed_or_send_it_now() {
    let mut steps = steps();
    let thirty_hours = asked(&steps, at("2026-12-01T14:00"), at("2026-11-30T08:00"));
    assert_eq!(
        row(&thirty_hours),
        ["late_booking", "Tue 12:00 EST on_time"]
    );
    let forty_minutes = asked(&steps, at("2026-12-01T14:00"), at("2026-12-01T13:20"));
    assert_eq!(row(&forty_minutes), ["late_booking", "late_booking"]);
    steps[0].late = Late::SendNow;
    let caught_up = asked(&steps, at("2026-12-01T14:00"), at("2026-11-30T08:00"));
    assert_eq!(
        row(&caught_up),
        ["Mon 08:00 EST send_now", "Tue 12:00 EST on_time"]
    );
}

#[test]
fn a_step_that_waits_for_its_shifted_time_is_not_late() {
    let mut steps = steps();
    let again = |steps: &[Step], now: &str, waiting: &[&str]| {
        let asked = Asked {
            waiting,
            ..asked(steps, at("2026-12-01T09:30"), at(now))
        };
        row(&asked)[1].clone()
    };
    let waits = ["r2"];
    for (now, planned) in [
        ("2026-12-01T07:45", "Tue 08:00 EST quiet_later"),
        ("2026-12-01T08:00", "Tue 08:00 EST quiet_later"),
        // Just due.
        ("2026-12-01T08:01", "Tue 08:01 EST quiet_later"),
        ("2026-12-01T08:50", "late_booking"),
    ] {
        assert_eq!(again(&steps, now, &waits), planned, "{now}");
    }
    // The plan says something else of the step by now.
    steps[1].min_lead = "PT100M".parse().unwrap();
    assert_eq!(again(&steps, "2026-12-01T07:45", &waits), "late_booking");
    steps[1].outside = Outside::Skip;
    assert_eq!(again(&steps, "2026-12-01T07:45", &waits), "late_booking");
}

#[test]
fn calendar_offsets_keep_the_hour_over_a_change_of_the_clocks_and_hours_do_not() {
    let hours = steps();
    let mut days = steps();
    days[0].offset = "-P2D".parse().unwrap();
    for (starts, now, by_hours, by_days, last) in [
        (
            "2026-03-09T09:00",
            "2026-03-01T10:00",
            "Sat 08:00 EST",
            "Sat 09:00 EST",
            "Mon 08:00 EDT",
        ),
        (
            "2026-11-02T09:00",
            "2026-10-20T10:00",
            "Sat 10:00 EDT",
            "Sat 09:00 EDT",
            "Mon 08:00 EST",
        ),
    ] {
        for (steps, first) in [(&hours, by_hours), (&days, by_days)] {
            let row = row(&asked(steps, at(starts), at(now)));
            assert_eq!(
                row,
                [format!("{first} on_time"), format!("{last} quiet_later")]
            );
        }
    }
}

#[test]
fn quiet_hours_are_those_of_the_contact() {
    let steps = steps();
    let mut asked = asked(&steps, at("2026-12-01T09:00"), at(BOOKED));
    asked.contact_zone = chrono_tz::America::Los_Angeles;
    assert_eq!(
        row(&asked),
        ["Sat 18:00 PST quiet_earlier", "Mon 18:00 PST quiet_earlier"]
    );
}

#[test]
fn reminders_that_meet_collapse_into_the_one_nearer_to_the_start() {
    let steps = [
        step("r12", "-PT12H", Late::Skip, Outside::Earlier, "PT2H"),
        step("r2", "-PT2H", Late::Skip, Outside::Later, "PT45M"),
    ];
    let row = row(&asked(&steps, at("2026-12-02T06:00"), at(BOOKED)));
    assert_eq!(row, ["collapsed", "Tue 18:00 EST quiet_earlier"]);
}

#[test]
fn a_move_is_planned_like_a_booking_at_that_moment() {
    let steps = steps();
    let far = row(&asked(
        &steps,
        at("2026-12-02T14:00"),
        at("2026-11-29T15:00"),
    ));
    assert_eq!(far, ["Mon 14:00 EST on_time", "Wed 12:00 EST on_time"]);
    let near = row(&asked(
        &steps,
        at("2026-12-01T12:00"),
        at("2026-12-01T11:00"),
    ));
    assert_eq!(near, ["late_booking", "late_booking"]);
}

#[test]
fn a_target_that_the_clocks_skip_moves_forward_by_the_gap() {
    let mut step = step("p0", "P0D", Late::Skip, Outside::Earlier, "PT0S");
    step.at = NaiveTime::from_hms_opt(2, 30, 0);
    let steps = [step];
    let mut asked = asked(&steps, at("2026-03-08T04:30"), at("2026-03-01T10:00"));
    asked.window = Window::daily(0, 23 * 60 + 59).unwrap();
    assert_eq!(row(&asked), ["Sun 03:30 EDT on_time"]);
}

#[test]
fn steps_may_skip_quiet_hours_and_reminders_are_never_too_close() {
    let mut steps = steps();
    steps[1].outside = Outside::Skip;
    let quiet = row(&asked(&steps, at("2026-12-01T08:30"), at(BOOKED)));
    assert_eq!(quiet[1], "quiet_hours");
    steps[1].offset = "-PT30M".parse().unwrap();
    let close = row(&asked(&steps, at("2026-12-01T14:00"), at(BOOKED)));
    assert_eq!(close[1], "too_close");
}

#[test]
fn a_shifted_reminder_takes_what_is_left_of_the_window() {
    let steps = [step("r2", "-PT2H", Late::Skip, Outside::Earlier, "PT45M")];
    let open = asked(&steps, at("2026-12-02T08:30"), at("2026-12-01T20:10"));
    assert_eq!(row(&open), ["Tue 20:10 EST quiet_earlier"]);
    let shut = asked(&steps, at("2026-12-02T08:30"), at("2026-12-01T21:10"));
    assert_eq!(row(&shut), ["no_window"]);
}

#[test]
fn reminders_near_a_notice_collapse_and_those_before_it_too() {
    let steps = steps();
    let mut asked = asked(&steps, at("2026-12-01T14:00"), at("2026-11-29T12:00"));
    let notice = [zone::instant(at("2026-11-29T12:01"), NEW_YORK)];
    asked.fixed = &notice;
    assert_eq!(row(&asked), ["collapsed", "Tue 12:00 EST on_time"]);
    let notice = [zone::instant(at("2026-12-01T10:00"), NEW_YORK)];
    asked.fixed = &notice;
    assert_eq!(row(&asked), ["collapsed", "collapsed"]);
}

fn any_step() -> impl Strategy<Value = Step> {
    let late = prop::sample::select(vec![Late::Skip, Late::SendNow]);
    let outside = prop::sample::select(vec![Outside::Earlier, Outside::Later, Outside::Skip]);
    let offset = prop_oneof![
        (0i64..96).prop_map(|hours| format!("-PT{hours}H")),
        (0i64..9).prop_map(|days| format!("-P{days}D")),
        (1i64..600).prop_map(|minutes| format!("-PT{minutes}M")),
    ];
    let hour = prop::option::weighted(0.2, 0u32..24);
    (offset, late, outside, 0i64..300, hour).prop_map(|(offset, late, outside, lead, hour)| {
        let lead = format!("PT{lead}M");
        let mut step = step("any", &offset, late, outside, &lead);
        if step.offset.elapsed().is_zero() {
            step.at = hour.and_then(|hour| NaiveTime::from_hms_opt(hour, 30, 0));
        }
        step
    })
}

/// What must hold of every plan.
pub fn check(asked: &Asked<'_>) {
    let start = zone::instant(asked.starts, asked.zone);
    let planned = plan(asked);
    assert_eq!(planned.len(), asked.steps.len());
    let mut live = Vec::new();
    for (step, one) in asked.steps.iter().zip(&planned) {
        let Some(due) = one.due else { continue };
        assert!(due >= asked.now, "past: {asked:?}");
        assert!(due <= start - step.min_lead(), "too close: {asked:?}");
        assert!(
            asked.window.contains(due, asked.contact_zone),
            "outside the window: {asked:?}"
        );
        live.push((one.target, due));
    }
    live.sort_by_key(|(target, _)| *target);
    for pair in live.windows(2) {
        assert!(pair[1].1 - pair[0].1 >= asked.min_gap, "order: {asked:?}");
    }
}

proptest! {
    #[test]
    fn plans_are_never_past_never_late_never_outside_the_window_and_in_order(
        steps in prop::collection::vec(any_step(), 0..5),
        minute in 0i64..60 * 24 * 400,
        ahead in 0i64..60 * 24 * 8,
        zones in (0usize..600, 0usize..600),
        (from, to) in (0u16..1440, 1u16..1441),
        gap in 0i64..600,
    ) {
        let Some(window) = Window::daily(from, to) else { return Ok(()) };
        let zone = |n: usize| chrono_tz::TZ_VARIANTS[n % chrono_tz::TZ_VARIANTS.len()];
        let starts = at("2026-01-01T00:00") + Duration::minutes(minute);
        let now = zone::instant(starts, zone(zones.0)) - Duration::minutes(ahead);
        check(&Asked {
            starts,
            zone: zone(zones.0),
            contact_zone: zone(zones.1),
            steps: &steps,
            window,
            earlier_at: EARLIER_AT,
            min_gap: Duration::minutes(gap),
            now,
            fixed: &[],
            waiting: &["any"],
        });
    }

    #[test]
    fn planning_again_at_the_same_moment_gives_the_same(
        steps in prop::collection::vec(any_step(), 0..5),
        minute in 0i64..60 * 24 * 400,
    ) {
        let starts = at("2026-01-01T00:00") + Duration::minutes(minute);
        let asked = asked(&steps, starts, starts - Duration::days(3));
        prop_assert_eq!(plan(&asked), plan(&asked));
    }
}
