//! A dispatcher that was frozen wakes up and goes on, after its successor has taken over.

use consent::SERVICE;
use consent::sabotage::Mechanism;

use crate::Kit;
use crate::dispatcher::Dispatcher;
use crate::scene::{ROUNDS, Scene};
use crate::stop::stop;
use crate::verdicts::{alone, compare, faults, happened};

#[tokio::test]
async fn the_judge_finds_out_when_a_dispatcher_with_a_successor_is_given_permits() {
    let _alone = alone().await;
    let kit = Kit::start(&[SERVICE]).await;
    let told = compare(&kit, Mechanism::Epoch, play).await;
    assert_eq!(happened(&told.with), (2 * ROUNDS, ROUNDS));
    assert_eq!(faults(&told.with), (0, 0));
    assert_eq!(happened(&told.without), (2 * ROUNDS, ROUNDS));
    assert_eq!(faults(&told.without), (ROUNDS, 0));
    kit.stop().await;
}

async fn play(scene: &Scene<'_>) {
    for round in 0..ROUNDS {
        one(scene, round).await;
    }
}

/// The successor closes what it has settled in a slot, and with it what a predecessor holds there: it relies on
/// a predecessor getting nothing any more.
async fn one(scene: &Scene<'_>, round: u64) {
    let (slot, people) = (
        scene.slot(round),
        [scene.person(round, 0), scene.person(round, 1)],
    );
    let frozen = Dispatcher::start(scene).await;
    let successor = Dispatcher::start(scene).await;
    // It wakes up, goes on with the first piece of the slot, and freezes with the answer in its hands.
    let in_frozen_hands = frozen.ask(slot, &people[..1]).await;
    // The whole slot was delivered to the successor, too.
    let texts = successor.ask(slot, &people).await;
    successor.hand_over(texts);
    successor.settle(slot).await;
    let consent = stop(scene, people[0]).await;
    scene.confirmed(consent).await;
    frozen.hand_over(in_frozen_hands);
}
