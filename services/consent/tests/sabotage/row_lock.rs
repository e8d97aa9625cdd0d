//! A STOP is recorded by one service while another has looked at the person and is about to grant.

use consent::sabotage::{Mechanism, hold_next};
use futures::future::join;

use crate::dispatcher::Dispatcher;
use crate::scene::{ROUNDS, Scene};
use crate::stop::{bring, recorded};
use crate::two_services::{self, ask_the_other, quiet};
use crate::verdicts::{alone, compare, faults, happened};

#[tokio::test]
async fn the_judge_finds_out_when_a_stop_slips_in_between_looking_and_granting() {
    let _alone = alone().await;
    let services = two_services::start().await;
    let told = compare(&services.0, Mechanism::RowLock, play).await;
    assert_eq!(happened(&told.with), (ROUNDS, ROUNDS));
    assert_eq!(faults(&told.with), (0, 0));
    assert_eq!(happened(&told.without), (ROUNDS, ROUNDS));
    assert_eq!(faults(&told.without), (ROUNDS, 0));
    two_services::end(services).await;
}

async fn play(scene: &Scene<'_>) {
    let dispatcher = Dispatcher::start(scene).await;
    for round in 0..ROUNDS {
        one(scene, dispatcher, round).await;
    }
}

async fn one(scene: &Scene<'_>, dispatcher: Dispatcher<'_>, round: u64) {
    let (slot, person) = (scene.slot(round), scene.person(round, 0));
    let people = [person];
    quiet(scene.kit).await;
    let mut held = hold_next();
    let granting = dispatcher.ask(slot, &people);
    let stopping = async {
        held.reached().await;
        scene.ask_to_stop(person);
        let answers = ask_the_other(scene.kit, || bring(scene, person)).await;
        if let Some(answer) = &answers.meanwhile {
            let consent = recorded(scene, person, answer);
            scene.confirmed(consent).await;
        }
        held.let_go();
        answers
    };
    let (texts, answers) = join(granting, stopping).await;
    dispatcher.hand_over(texts);
    dispatcher.settle(slot).await;
    let late = answers.meanwhile.is_none();
    let rest = answers.rest().await;
    if late {
        recorded(scene, person, rest.first().expect("it was asked for"));
    }
}
