use contract::{CampaignId, Class, Mode, TenantId, UnixMillis};
use tokio::sync::oneshot;

use super::super::level::{Ask, Level};
use super::super::limits::{Limit, Limits};
use super::super::scheduler::Told;
use super::*;

fn ask(segments: u32) -> Ask {
    Ask {
        tenant: TenantId::from_raw(1),
        mode: Mode::Test,
        class: Class::Marketing,
        campaign: CampaignId::from_raw(5),
        sender: "S".to_string(),
        provider: "acme".into(),
        link: 0,
        segments,
    }
}

fn lane() -> Name {
    Name::new(Level::Lane, TenantId::from_raw(1), Mode::Test, "S")
}

fn at(nanos: u64) -> Now {
    Now {
        nanos,
        wall: UnixMillis(0),
    }
}

fn scheduler(rate: f64, burst: u32) -> Scheduler {
    let mut scheduler = Scheduler::default();
    let limit = Limit {
        segments_per_second: Some(rate),
        burst,
        ..Limit::default()
    };
    let limits = Limits::new(Rate::default(), vec![(lane(), limit)]);
    scheduler.install(limits, super::super::control::Controls::default(), at(0));
    scheduler
}

fn line_up(scheduler: &mut Scheduler, segments: u32) -> oneshot::Receiver<Told> {
    let (tell, told) = oneshot::channel();
    scheduler.enqueue(ask(segments), tell, at(0));
    told
}

/// Pumps, and tells whoever has its turn.
fn pump(scheduler: &mut Scheduler, now: u64) -> usize {
    let mut went = 0;
    loop {
        let (tells, _) = scheduler.pump(at(now));
        if tells.is_empty() {
            return went;
        }
        for tell in tells {
            went += 1;
            let _gone = tell.whom.send(tell.what);
            scheduler.passed(tell.link);
        }
    }
}

#[test]
fn who_is_not_alone_sends_only_what_was_drawn() {
    let mut scheduler = scheduler(100.0, 40);
    let told: Vec<_> = (0..4).map(|_| line_up(&mut scheduler, 5)).collect();
    assert!(scheduler.share_with(2, at(0)).is_empty());
    assert_eq!(pump(&mut scheduler, 0), 0);
    let wishes = scheduler.wishes(at(0));
    let [(name, Wish::Draw { segments, bucket })] = &wishes[..] else {
        panic!("{wishes:?}");
    };
    // A quarter of the burst at most, of a bucket with half of it.
    assert_eq!((name, *segments, bucket.rate().burst()), (&lane(), 10, 20));
    assert!(scheduler.wishes(at(0)).is_empty(), "asked twice");
    scheduler.promised(&lane(), Some((1_000, 10)));
    assert_eq!(pump(&mut scheduler, 999), 0);
    assert_eq!(pump(&mut scheduler, 1_000), 2);
    drop(told);
}

#[test]
fn what_is_not_needed_goes_back_and_what_left_unasked_is_paid() {
    let mut scheduler = scheduler(100.0, 40);
    let told = line_up(&mut scheduler, 5);
    scheduler.share_with(2, at(0));
    scheduler.wishes(at(0));
    scheduler.promised(&lane(), Some((0, 10)));
    assert_eq!(pump(&mut scheduler, 0), 1);
    drop(told);
    let wishes = scheduler.wishes(at(1));
    assert!(
        matches!(wishes[..], [(_, Wish::Return { segments: 5, .. })]),
        "{wishes:?}"
    );
    assert!(scheduler.wishes(at(1)).is_empty());
    scheduler.take(&ask(3), at(1));
    let wishes = scheduler.wishes(at(1));
    assert!(
        matches!(wishes[..], [(_, Wish::Draw { segments: 3, .. })]),
        "{wishes:?}"
    );
}

#[test]
fn the_second_dispatcher_is_told_what_the_first_has_just_sent_and_the_last_starts_empty() {
    let mut scheduler = scheduler(10.0, 1);
    let told = line_up(&mut scheduler, 5);
    assert_eq!(pump(&mut scheduler, 0), 1);
    drop(told);
    let owed = scheduler.share_with(2, at(0));
    assert!(
        matches!(owed[..], [(_, Wish::Owed { nanos })] if nanos > 400_000_000),
        "{owed:?}"
    );
    assert!(scheduler.share_with(3, at(0)).is_empty());
    let later = 10_000_000_000;
    scheduler.share_with(1, at(later));
    let _told = line_up(&mut scheduler, 1);
    assert_eq!(pump(&mut scheduler, later), 0);
    assert_eq!(pump(&mut scheduler, later + 100_000_000), 1);
}
