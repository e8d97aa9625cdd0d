//! What fails is tried again, then kept, then replayed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chassis::bus::dead_letter::{self, DeadLetter};
use chassis::{Cx, Failure, Settings};
use contract::{Envelope, EventId};
use testkit::Kit;

use crate::probe::{self, Marked, Seen, act, mark, numbers};

/// A handler that fails until it is mended.
struct Fragile {
    cx: Cx,
    mended: AtomicBool,
    calls: Arc<Seen<(EventId, Instant)>>,
}

fn three_tries(settings: Settings) -> Settings {
    settings.with("bus.max_tries", 3)
}

async fn with_a_fragile_handler() -> (Kit, Arc<Fragile>) {
    let kit = Kit::start_with(&[probe::SERVICE], three_tries).await;
    let fragile = Arc::new(Fragile {
        cx: kit.cx("probe").clone(),
        mended: AtomicBool::new(false),
        calls: Seen::new(),
    });
    let handler = |fragile: Arc<Fragile>, mark: Envelope<Marked>| async move {
        fragile.calls.add((mark.id, Instant::now()));
        if !fragile.mended.load(Ordering::Relaxed) {
            return Err(Failure::Retry(anyhow::anyhow!("out of\norder")));
        }
        act(&fragile.cx, "fragile", mark).await
    };
    let consuming = kit
        .cx("probe")
        .consume("fragile", 2, fragile.clone(), handler);
    consuming.await.unwrap();
    (kit, fragile)
}

pub async fn until_letters(kit: &Kit, count: usize) -> Vec<DeadLetter> {
    testkit::eventually("dead letters", async || {
        let letters = dead_letter::list(kit.bus.jetstream(), 100).await.unwrap();
        (letters.len() >= count).then_some(letters)
    })
    .await
}

async fn until_acted(kit: &Kit, expected: &[i64]) {
    testkit::eventually("the handler acts", async || {
        (numbers(kit, "act").await == expected).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_handler_that_fails_is_tried_again_with_growing_waits_and_then_no_more() {
    let (kit, fragile) = with_a_fragile_handler().await;
    mark(kit.cx("probe"), kit.tenant, vec![1]).await.unwrap();
    until_letters(&kit, 1).await;
    let calls = fragile.calls.all();
    assert_eq!(calls.len(), 3);
    let waits: Vec<Duration> = calls.windows(2).map(|two| two[1].1 - two[0].1).collect();
    assert!(waits[0] >= Duration::from_millis(90), "{waits:?}");
    assert!(waits[1] >= Duration::from_millis(180), "{waits:?}");
    probe::settle().await;
    assert_eq!(fragile.calls.all().len(), 3);
    kit.stop().await;
}

#[tokio::test]
async fn a_dead_letter_is_listed_with_where_and_why_it_failed() {
    let (kit, _fragile) = with_a_fragile_handler().await;
    mark(kit.cx("probe"), kit.tenant, vec![1]).await.unwrap();
    let letters = until_letters(&kit, 1).await;
    let expected = DeadLetter {
        sequence: 1,
        durable: "fragile".into(),
        subject: format!("evt.analytics.marked.{}", kit.tenant),
        code: "too_many_tries".into(),
        detail: "out of order".into(),
    };
    assert_eq!(letters, [expected]);
    assert_eq!(kit.dead_letters().await, 1);
    kit.stop().await;
}

#[tokio::test]
async fn a_replay_is_handled_at_once_as_the_same_envelope() {
    let (kit, fragile) = with_a_fragile_handler().await;
    let ids = mark(kit.cx("probe"), kit.tenant, vec![1]).await.unwrap();
    until_letters(&kit, 1).await;
    fragile.mended.store(true, Ordering::Relaxed);
    let replayed = dead_letter::replay(kit.bus.jetstream(), None).await;
    assert_eq!(replayed.unwrap(), 1);
    until_acted(&kit, &[1]).await;
    let calls = fragile.calls.all();
    assert!(calls.iter().all(|(id, _)| *id == ids[0]), "{calls:?}");
    assert_eq!(kit.dead_letters().await, 0);
    kit.stop().await;
}

#[tokio::test]
async fn only_the_letter_that_was_named_is_replayed() {
    let (kit, fragile) = with_a_fragile_handler().await;
    for number in [1, 2] {
        mark(kit.cx("probe"), kit.tenant, vec![number])
            .await
            .unwrap();
        until_letters(&kit, usize::try_from(number).unwrap()).await;
    }
    fragile.mended.store(true, Ordering::Relaxed);
    let replayed = dead_letter::replay(kit.bus.jetstream(), Some(2)).await;
    assert_eq!(replayed.unwrap(), 1);
    until_acted(&kit, &[2]).await;
    assert_eq!(until_letters(&kit, 1).await[0].sequence, 1);
    kit.stop().await;
}

#[tokio::test]
async fn a_replay_that_fails_again_becomes_a_dead_letter_again() {
    let (kit, fragile) = with_a_fragile_handler().await;
    let ids = mark(kit.cx("probe"), kit.tenant, vec![1]).await.unwrap();
    for round in 1..=2 {
        let letters = until_letters(&kit, 1).await;
        assert_eq!(letters[0].sequence, round);
        let replayed = dead_letter::replay(kit.bus.jetstream(), None).await;
        assert_eq!(replayed.unwrap(), 1);
    }
    until_letters(&kit, 1).await;
    fragile.mended.store(true, Ordering::Relaxed);
    dead_letter::replay(kit.bus.jetstream(), None)
        .await
        .unwrap();
    until_acted(&kit, &[1]).await;
    let calls = fragile.calls.all();
    assert!(calls.iter().all(|(id, _)| *id == ids[0]), "{calls:?}");
    kit.stop().await;
}

#[tokio::test]
async fn a_letter_said_in_an_atomic_batch_is_kept_and_replayed_like_any_other() {
    let (kit, fragile) = with_a_fragile_handler().await;
    mark(kit.cx("probe"), kit.tenant, (0..6).collect())
        .await
        .unwrap();
    until_letters(&kit, 6).await;
    fragile.mended.store(true, Ordering::Relaxed);
    let replayed = dead_letter::replay(kit.bus.jetstream(), None).await;
    assert_eq!(replayed.unwrap(), 6);
    until_acted(&kit, &[0, 1, 2, 3, 4, 5]).await;
    kit.stop().await;
}

#[tokio::test]
async fn another_handler_of_the_same_event_acts_once_in_spite_of_the_replay() {
    let (kit, fragile) = with_a_fragile_handler().await;
    let cx = Arc::new(kit.cx("probe").clone());
    let steady =
        |cx: Arc<Cx>, mark: Envelope<Marked>| async move { act(&cx, "steady", mark).await };
    let consuming = kit.cx("probe").consume("steady", 2, cx, steady);
    consuming.await.unwrap();
    mark(kit.cx("probe"), kit.tenant, vec![1]).await.unwrap();
    until_letters(&kit, 1).await;
    until_acted(&kit, &[1]).await;
    fragile.mended.store(true, Ordering::Relaxed);
    dead_letter::replay(kit.bus.jetstream(), None)
        .await
        .unwrap();
    until_acted(&kit, &[1, 1]).await;
    probe::settle().await;
    assert_eq!(numbers(&kit, "act").await, [1, 1]);
    kit.stop().await;
}
