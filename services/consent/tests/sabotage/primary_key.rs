//! The same chunk is asked for twice: one after the other, and at once.

use consent::SERVICE;
use consent::sabotage::{Mechanism, hold_next};
use contract::consent::{Gate, SetRunGate};
use futures::future::join;

use crate::Kit;
use crate::dispatcher::Dispatcher;
use crate::scene::{ROUNDS, Scene};
use crate::two_services::{self, ask_the_other, quiet};
use crate::verdicts::{alone, compare, faults, happened};

#[tokio::test]
async fn the_judge_finds_out_when_a_chunk_that_comes_again_is_permitted_again() {
    let _alone = alone().await;
    let kit = Kit::start(&[SERVICE]).await;
    let told = compare(&kit, Mechanism::PrimaryKey, again).await;
    assert_eq!(happened(&told.with), (ROUNDS, 0));
    assert_eq!(faults(&told.with), (0, 0));
    assert_eq!(happened(&told.without), (2 * ROUNDS, 0));
    assert_eq!(faults(&told.without), (0, ROUNDS));
    kit.stop().await;
}

/// It dies after the hand-over and before its outcome is durable; its successor is delivered the chunk again.
async fn again(scene: &Scene<'_>) {
    for round in 0..ROUNDS {
        let (slot, people) = (scene.slot(round), [scene.person(round, 0)]);
        let dies = Dispatcher::start(scene).await;
        dies.hand_over(dies.ask(slot, &people).await);
        let successor = Dispatcher::start(scene).await;
        successor.hand_over(successor.ask(slot, &people).await);
        successor.settle(slot).await;
    }
}

#[tokio::test]
async fn the_judge_finds_out_when_two_services_permit_the_same_text_at_once() {
    let _alone = alone().await;
    let services = two_services::start().await;
    let told = compare(&services.0, Mechanism::PrimaryKey, at_once).await;
    assert_eq!(happened(&told.with), (ROUNDS, 0));
    assert_eq!(faults(&told.with), (0, 0));
    // Those who were held up with it get their permits, too.
    assert!(happened(&told.without).0 >= 2 * ROUNDS);
    assert!(faults(&told.without).1 >= ROUNDS);
    two_services::end(services).await;
}

/// A delivery whose acknowledgement is late comes again while the first one is worked on.
async fn at_once(scene: &Scene<'_>) {
    let dispatcher = Dispatcher::start(scene).await;
    for round in 0..ROUNDS {
        let (slot, people) = (scene.slot(round), [scene.person(round, 0)]);
        let open = SetRunGate {
            run: slot.run,
            gate: Gate::Open,
        };
        let (bus, tenant) = (&scene.kit.bus, scene.kit.tenant);
        bus.ask(tenant, &open).await.unwrap();
        quiet(scene.kit).await;
        let mut held = hold_next();
        let first = dispatcher.ask(slot, &people);
        let others = async {
            held.reached().await;
            let answers = ask_the_other(scene.kit, || dispatcher.ask(slot, &people)).await;
            held.let_go();
            answers
        };
        let (first, mut others) = join(first, others).await;
        dispatcher.hand_over(first);
        dispatcher.hand_over(others.meanwhile.take().unwrap_or_default());
        for texts in others.rest().await {
            dispatcher.hand_over(texts);
        }
        dispatcher.settle(slot).await;
    }
}
