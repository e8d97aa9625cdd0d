use std::time::Duration;

use channels::simulator::{Delay, SmscOptions};
use contract::chunk::{Outcome, SlotRef};
use contract::consent::OpenSlot;
use contract::ids::{CampaignId, ContactId, DecisionId, MessageId};

use super::rig::{Rig, Wish, kind, until};

#[tokio::test(flavor = "multi_thread")]
async fn receipts_are_folded_across_a_restart() {
    let smsc = SmscOptions {
        receipt_delay_ms: Delay {
            min: 100,
            max: 2500,
        },
        ..kind()
    };
    let rig = Rig::start(Wish {
        smsc,
        ..Wish::default()
    })
    .await;
    rig.send(&rig.chunk(0, 0..500)).await;
    until("some receipts are in", || {
        rig.said.count(Outcome::Delivered) > 50
    })
    .await;
    let rig = rig.restart().await;
    until("all is delivered", || {
        rig.said.count(Outcome::Delivered) == 500
    })
    .await;
    assert_eq!(
        rig.said.receipts.lock().unwrap().len(),
        500,
        "each is said once"
    );
    assert_eq!(rig.stop().await.texts_twice, 0);
}

/// Positions 8 to 12 of the first slot.
fn left_open(rig: &Rig) -> OpenSlot {
    OpenSlot {
        tenant: rig.kit.tenant,
        slot: SlotRef {
            run: rig.run,
            chunk: 0,
            slot: 0,
        },
        campaign: CampaignId::from_raw(5),
        positions: (8..13).collect(),
        contacts: vec![ContactId::from_raw(1); 5],
        decisions: vec![DecisionId::from_raw(1); 5],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_predecessor_left_open_is_settled_as_unknown_unless_the_ledger_knows_it() {
    let rig = Rig::start(Wish {
        smsc: kind(),
        ..Wish::default()
    })
    .await;
    rig.send(&rig.chunk(0, 0..10)).await;
    until("all is delivered", || {
        rig.said.count(Outcome::Delivered) == 10
    })
    .await;
    let open = left_open(&rig);
    rig.stub.with(|state| {
        state
            .permitted
            .extend((8..13).map(|p| MessageId::of(rig.run, 0, p)));
        state.open.insert(open.slot, 5);
        state.left_open.push(open);
    });
    let rig = rig.restart().await;
    until("the lost ones are settled", || {
        rig.said.count(Outcome::Unknown) == 3
    })
    .await;
    rig.stub.all_closed().await;
    rig.send(&rig.chunk(0, 0..20)).await;
    until("the others are delivered", || {
        rig.said.count(Outcome::Delivered) == 17
    })
    .await;
    assert_eq!(rig.said.count(Outcome::Unknown), 3);
    assert_eq!(rig.stop().await.texts, 17);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_predecessor_that_may_only_be_frozen_is_left_until_its_permits_have_run_out() {
    let rig = Rig::start(Wish {
        smsc: kind(),
        settings: vec![("dispatch.takeover_wait_ms", 6000.into())],
        ..Wish::default()
    })
    .await;
    // What is left open is for the next one to find, not for this one.
    until("it is registered", || {
        rig.stub.with(|state| state.epoch == 1)
    })
    .await;
    let open = left_open(&rig);
    rig.stub.with(|state| {
        state.open.insert(open.slot, 5);
        state.left_open.push(open);
    });
    let rig = rig.restart().await;
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(rig.said.count(Outcome::Unknown), 0);
    assert!(rig.stub.with(|state| !state.open.is_empty()));
    rig.stub.all_closed().await;
    until("they are unknown", || rig.said.count(Outcome::Unknown) == 5).await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_finishes_what_is_in_flight_and_leaves_no_permit_open() {
    let rig = Rig::start(Wish {
        smsc: kind(),
        ..Wish::default()
    })
    .await;
    for chunk in 0..6 {
        rig.send(&rig.chunk(chunk, 0..500)).await;
    }
    until("it is under way", || rig.smsc.stats().submits > 200).await;
    let rig = rig.restart().await;
    assert_eq!(rig.said.count(Outcome::Unknown), 0);
    until("all is delivered", || {
        rig.said.count(Outcome::Delivered) == 3000
    })
    .await;
    rig.stub.all_closed().await;
    let verdict = rig.stop().await;
    assert_eq!((verdict.texts, verdict.texts_twice), (3000, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fenced_dispatcher_stops() {
    let rig = Rig::start(Wish {
        smsc: kind(),
        ..Wish::default()
    })
    .await;
    rig.stub.with(|state| state.fenced = true);
    rig.send(&rig.chunk(0, 0..10)).await;
    let stopping = rig.kit.cx("dispatch").stopping();
    tokio::time::timeout(Duration::from_secs(10), stopping.cancelled())
        .await
        .unwrap();
    assert_eq!(rig.smsc.stats().submits, 0);
}
