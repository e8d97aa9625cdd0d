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

const SLOT: SlotRef = SlotRef {
    run: contract::RunId::from_raw(9),
    chunk: 3,
    slot: 1,
};

/// Texts of so many segments each, from a place on.
fn some(size: u32, from: usize, count: usize) -> impl Iterator<Item = Sized> {
    (from..from + count).map(move |place| (1 << place, size))
}

fn slot(slot: u8) -> SlotRef {
    SlotRef { slot, ..SLOT }
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
    for n in 0..8 {
        pool.gave_back(WHOSE, slot(n), some(2, 0, 64));
    }
    pool.lined_up.insert(mine, 150);
    assert!(texts(&mut scheduler, 0).is_empty());
    scheduler.pool_at(at).unwrap().lined_up.insert(mine, 100);
    // Room for a hundred segments: fifty texts.
    assert_eq!(texts(&mut scheduler, 0), [50]);
    assert!(texts(&mut scheduler, 0).is_empty(), "asked again at once");
    let pool = scheduler.pool_at(at).unwrap();
    assert_eq!(pool.came(WHOSE, slot(0), some(2, 0, 50)), 100);
    pool.arrived(WHOSE, 100);
    pool.lined_up.insert(mine, 200);
    assert!(texts(&mut scheduler, 2).is_empty());
}

#[test]
fn what_waits_for_others_of_its_slot_counts_as_in_line() {
    let (mut scheduler, at) = scheduler();
    let pool = scheduler.pool_at(at).unwrap();
    for n in 0..8 {
        pool.gave_back(WHOSE, slot(n), some(1, 0, 64));
    }
    assert_eq!(texts(&mut scheduler, 0), [200]);
    let pool = scheduler.pool_at(at).unwrap();
    let came: u64 = (0..2)
        .map(|n| pool.came(WHOSE, slot(n), some(1, 0, 64)))
        .sum();
    assert_eq!(came, 128);
    assert!(
        texts(&mut scheduler, 5).is_empty(),
        "128 of 200 are on their way"
    );
    scheduler.pool_at(at).unwrap().arrived(WHOSE, came);
    assert_eq!(texts(&mut scheduler, 5), [200]);
}

#[test]
fn a_text_that_comes_or_goes_twice_is_counted_once() {
    let (mut scheduler, at) = scheduler();
    let pool = scheduler.pool_at(at).unwrap();
    pool.gave_back(WHOSE, SLOT, some(1, 10, 20));
    pool.gave_back(WHOSE, SLOT, some(1, 20, 20));
    // Ten of these had been in line for long, and were only offered again.
    assert_eq!(pool.came(WHOSE, SLOT, some(1, 0, 20)), 10);
    assert_eq!(pool.came(WHOSE, SLOT, some(1, 0, 20)), 0);
    pool.arrived(WHOSE, 10);
    assert_eq!(texts(&mut scheduler, 0), [20]);
    let pool = scheduler.pool_at(at).unwrap();
    assert_eq!(pool.came(WHOSE, SLOT, some(1, 0, 64)), 20);
    pool.arrived(WHOSE, 20);
    assert!(pool.away.is_empty());
}

#[test]
fn campaigns_share_the_room_and_whoever_never_answers_is_forgotten() {
    let (mut scheduler, at) = scheduler();
    let other = (WHOSE.0, WHOSE.1, CampaignId::from_raw(6));
    let pool = scheduler.pool_at(at).unwrap();
    for n in 0..4 {
        pool.gave_back(WHOSE, slot(n), some(1, 0, 64));
    }
    pool.gave_back(other, SLOT, some(1, 0, 30));
    let mut first = texts(&mut scheduler, 0);
    first.sort_unstable();
    assert_eq!(first, [30, 100]);
    for round in 1..5 {
        assert_eq!(texts(&mut scheduler, round).len(), 2);
    }
    assert!(texts(&mut scheduler, 5).is_empty(), "more rarely then");
    for round in 1..16 {
        assert_eq!(texts(&mut scheduler, 4 + round * 20).len(), 2);
    }
    assert!(texts(&mut scheduler, 400).is_empty());
    assert!(scheduler.pool_at(at).unwrap().away.is_empty());
}
