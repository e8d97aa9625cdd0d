use contract::Reason;

use super::*;
use crate::fold::Mark;

const PATIENCE: Patience = Patience {
    timeout: Duration::from_secs(30),
    longest: Duration::from_secs(300),
    pause_echo: Duration::from_secs(2),
};
const NEW: Timing = Timing::NEW;

fn held(until: Option<i64>) -> Mark {
    Mark::new(Outcome::Held, Reason::QUIET_HOURS, until.map(UnixMillis))
}

/// Those who go again without anybody new.
fn again(marks: &Marks, timing: &Timing, now: i64) -> Vec<u16> {
    due(marks, timing, UnixMillis(now), 0).positions
}

/// Releases what is due, with at most `fresh` who were never released; who that was.
fn go(marks: &mut Marks, timing: &mut Timing, now: i64, fresh: u64) -> Vec<u16> {
    let all = due(marks, timing, UnixMillis(now), fresh);
    release(marks, timing, &all, UnixMillis(now), &PATIENCE);
    all.positions
}

/// Somebody reports that these were handed over.
fn arrive(marks: &mut Marks, timing: &mut Timing, now: i64, positions: &[u16]) {
    marks.fold(&Mark::new(Outcome::HandedOver, Reason::OK, None), positions);
    heard(marks, timing, true, UnixMillis(now), &PATIENCE);
}

#[test]
fn a_chunk_nobody_reports_on_is_released_again_at_growing_distances() {
    let mut marks = Marks::pending(3);
    let mut timing = NEW;
    let mut now = UnixMillis(1_000);
    let mut waits = Vec::new();
    for _ in 0..6 {
        let all = due(&marks, &timing, now, 3);
        assert_eq!(all.positions, [0, 1, 2]);
        release(&mut marks, &mut timing, &all, now, &PATIENCE);
        assert!(again(&marks, &timing, timing.retry_at.0 - 1).is_empty());
        waits.push((timing.retry_at.0 - now.0) / 1000);
        now = timing.retry_at;
    }
    assert_eq!(waits, [30, 60, 120, 240, 300, 300]);
}

#[test]
fn only_unsettled_positions_are_released_again() {
    let mut marks = Marks::pending(3);
    let mut timing = NEW;
    go(&mut marks, &mut timing, 0, 3);
    marks.fold(&Mark::new(Outcome::HandedOver, Reason::OK, None), &[1]);
    assert_eq!(again(&marks, &timing, timing.retry_at.0), [0, 2]);
}

#[test]
fn held_positions_come_back_at_their_instant_and_not_before() {
    let mut marks = Marks::pending(3);
    let mut timing = NEW;
    go(&mut marks, &mut timing, 0, 3);
    marks.fold(&held(Some(50_000)), &[0]);
    marks.fold(&held(Some(90_000)), &[1]);
    marks.fold(&Mark::new(Outcome::HandedOver, Reason::OK, None), &[2]);
    assert_eq!(next(&marks, &timing), (Stage::Held, UnixMillis(50_000)));
    assert!(again(&marks, &timing, 49_999).is_empty());
    assert_eq!(go(&mut marks, &mut timing, 50_000, 0), [0]);
    assert_eq!(next(&marks, &timing).0, Stage::InFlight);
    marks.fold(
        &Mark::new(Outcome::Suppressed, Reason::NO_CONSENT, None),
        &[0, 1],
    );
    assert_eq!(next(&marks, &timing).0, Stage::Settled);
}

#[test]
fn positions_held_until_a_resume_are_tried_again_soon() {
    let mut marks = Marks::pending(1);
    let mut timing = NEW;
    go(&mut marks, &mut timing, 0, 1);
    marks.fold(
        &Mark::new(Outcome::Held, Reason::CAMPAIGN_PAUSED, None),
        &[0],
    );
    heard(&marks, &mut timing, false, UnixMillis(100), &PATIENCE);
    assert_eq!(next(&marks, &timing), (Stage::Held, UnixMillis(2_100)));
    assert_eq!(again(&marks, &timing, 2_100), [0]);
}

#[test]
fn a_chunk_that_makes_headway_gets_its_full_time_again() {
    let mut marks = Marks::pending(2);
    let mut timing = Timing {
        attempts: 3,
        released_at: Some(UnixMillis(0)),
        retry_at: UnixMillis(120_000),
        released_to: 2,
        retry_below: 2,
    };
    marks.fold(&Mark::new(Outcome::HandedOver, Reason::OK, None), &[1]);
    heard(&marks, &mut timing, true, UnixMillis(100_000), &PATIENCE);
    assert_eq!((timing.attempts, timing.retry_at), (1, UnixMillis(130_000)));
}

#[test]
fn who_was_never_released_is_not_in_flight_and_does_not_go_again() {
    let mut marks = Marks::pending(5);
    let mut timing = NEW;
    assert_eq!(go(&mut marks, &mut timing, 0, 2), [0, 1]);
    assert_eq!(next(&marks, &timing), (Stage::InFlight, UnixMillis(30_000)));
    assert_eq!(again(&marks, &timing, 30_000), [0, 1]);
    arrive(&mut marks, &mut timing, 1_000, &[0, 1]);
    assert_eq!(next(&marks, &timing), (Stage::Waiting, UnixMillis(0)));
    assert!(again(&marks, &timing, 900_000).is_empty());
    assert_eq!(go(&mut marks, &mut timing, 2_000, 9), [2, 3, 4]);
    assert_eq!((timing.released_to, timing.retry_below), (5, 5));
}

#[test]
fn a_lost_position_goes_again_in_time_however_many_parts_follow_it() {
    let mut marks = Marks::pending(500);
    let mut timing = NEW;
    let mut came_back = Vec::new();
    // One more every second, and each but position 3 is reported on within a second.
    for second in 0..100i64 {
        let now = second * 1_000;
        let positions = go(&mut marks, &mut timing, now, 1);
        assert!(positions.len() <= 2, "{positions:?}");
        if second > 3 && positions.contains(&3) {
            came_back.push(second);
        }
        let arrived: Vec<u16> = positions.into_iter().filter(|place| *place != 3).collect();
        arrive(&mut marks, &mut timing, now + 500, &arrived);
    }
    assert!(
        came_back.len() >= 2 && came_back[0] <= 3 + 60,
        "{came_back:?}"
    );
    assert_eq!(timing.released_to, 100);
}

#[test]
fn parts_wait_for_the_instant_of_their_own() {
    let mut marks = Marks::pending(4);
    let mut timing = NEW;
    go(&mut marks, &mut timing, 0, 2);
    go(&mut marks, &mut timing, 29_000, 1);
    assert_eq!(again(&marks, &timing, 30_000), [0, 1]);
    go(&mut marks, &mut timing, 30_000, 0);
    assert!(again(&marks, &timing, 59_000).is_empty());
    assert_eq!(again(&marks, &timing, timing.retry_at.0), [0, 1, 2]);
}

#[test]
fn held_ones_come_back_while_the_rest_still_waits_for_its_turn() {
    let mut marks = Marks::pending(4);
    let mut timing = NEW;
    go(&mut marks, &mut timing, 0, 2);
    marks.fold(&held(Some(50_000)), &[0, 1]);
    heard(&marks, &mut timing, false, UnixMillis(10), &PATIENCE);
    assert_eq!(next(&marks, &timing), (Stage::Held, UnixMillis(50_000)));
    assert_eq!(again(&marks, &timing, 50_000), [0, 1]);
    let with_new = due(&marks, &timing, UnixMillis(50_000), 1);
    assert_eq!((with_new.positions, with_new.fresh), (vec![0, 1, 2], 1));
}

#[test]
fn a_chunk_that_was_frozen_for_later_waits_for_its_instant_alone() {
    let marks = Marks::all(3, held(Some(50_000)));
    assert_eq!(next(&marks, &NEW), (Stage::Held, UnixMillis(50_000)));
    assert!(
        due(&marks, &NEW, UnixMillis(49_999), 3)
            .positions
            .is_empty()
    );
    assert_eq!(
        due(&marks, &NEW, UnixMillis(50_000), 3).positions,
        [0, 1, 2]
    );
}
