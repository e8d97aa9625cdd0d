//! A STOP while a permit is open, and a hand-over that takes its time.

use std::time::{Duration, Instant};

use consent::SERVICE;
use consent::sabotage::Mechanism;
use futures::future::join_all;

use crate::Kit;
use crate::dispatcher::Dispatcher;
use crate::scene::{ROUNDS, Scene};
use crate::stop::stop;
use crate::verdicts::{alone, compare, faults, happened};

/// How long the hand-over takes unless the STOP is confirmed before. A permit is good for longer.
const SLOW: Duration = Duration::from_secs(3);

#[tokio::test]
async fn the_judge_finds_out_when_a_stop_is_confirmed_while_its_permit_is_open() {
    let _alone = alone().await;
    let kit = Kit::start(&[SERVICE]).await;
    let told = compare(&kit, Mechanism::ClosureWait, play).await;
    assert_eq!(happened(&told.with), (ROUNDS, ROUNDS));
    assert_eq!(faults(&told.with), (0, 0));
    assert_eq!(happened(&told.without), (ROUNDS, ROUNDS));
    assert_eq!(faults(&told.without), (ROUNDS, 0));
    kit.stop().await;
}

async fn play(scene: &Scene<'_>) {
    let dispatcher = Dispatcher::start(scene).await;
    // Side by side, as each takes its time.
    join_all((0..ROUNDS).map(|round| one(scene, dispatcher, round))).await;
}

async fn one(scene: &Scene<'_>, dispatcher: Dispatcher<'_>, round: u64) {
    let (slot, person) = (scene.slot(round), scene.person(round, 0));
    let texts = dispatcher.ask(slot, &[person]).await;
    let consent = stop(scene, person).await;
    let begun = Instant::now();
    while begun.elapsed() < SLOW && scene.is_confirmed(consent).is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    dispatcher.hand_over(texts);
    dispatcher.settle(slot).await;
}
