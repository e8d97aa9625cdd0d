use contract::UnixMillis;

use super::super::level::{Level, Name};
use super::super::limits::Draw;
use super::*;
use crate::pace::Rate;

const WHOSE: Whose = (TenantId::from_raw(1), Mode::Test, CampaignId::from_raw(5));

/// A lane of ten segments a second; 200 may be in hand.
fn scheduler() -> (Scheduler, usize) {
    let mut scheduler = Scheduler::default();
    let draw = Draw {
        name: Name::new(Level::Lane, WHOSE.0, WHOSE.1, "S"),
        rate: Rate {
            per_second: 10.0,
            burst: 1,
        },
        per_day: None,
    };
    let at = scheduler.pool_for(draw, UnixMillis(0));
    (scheduler, at)
}

fn at(seconds: u64) -> Now {
    Now {
        nanos: seconds * 1_000_000_000,
        wall: UnixMillis(0),
    }
}

fn texts(scheduler: &mut Scheduler, seconds: u64) -> Vec<u32> {
    let wants = scheduler.wants(at(seconds)).into_iter();
    wants.map(|want| want.texts).collect()
}

#[test]
fn a_lane_brings_back_as_many_as_it_has_room_for_before_it_runs_dry() {
    let (mut scheduler, at) = scheduler();
    let mine = (WHOSE.0, WHOSE.2);
    let pool = scheduler.pool_at(at).unwrap();
    pool.gave_back(WHOSE, &[2; 500]);
    pool.lined_up.insert(mine, 150);
    assert!(texts(&mut scheduler, 0).is_empty());
    scheduler.pool_at(at).unwrap().lined_up.insert(mine, 100);
    // Room for a hundred segments: fifty texts.
    assert_eq!(texts(&mut scheduler, 0), [50]);
    assert!(texts(&mut scheduler, 0).is_empty(), "asked again at once");
    let pool = scheduler.pool_at(at).unwrap();
    pool.came(WHOSE, &[2; 50]);
    pool.lined_up.insert(mine, 200);
    assert!(texts(&mut scheduler, 2).is_empty());
}

#[test]
fn campaigns_share_the_room_and_whoever_does_not_answer_is_forgotten() {
    let (mut scheduler, at) = scheduler();
    let other = (WHOSE.0, WHOSE.1, CampaignId::from_raw(6));
    let pool = scheduler.pool_at(at).unwrap();
    pool.gave_back(WHOSE, &[1; 500]);
    pool.gave_back(other, &[1; 30]);
    let mut first = texts(&mut scheduler, 0);
    first.sort_unstable();
    assert_eq!(first, [30, 100]);
    for round in 1..5 {
        assert_eq!(texts(&mut scheduler, round).len(), 2);
    }
    assert!(texts(&mut scheduler, 5).is_empty());
    assert!(scheduler.pool_at(at).unwrap().away.is_empty());
}
