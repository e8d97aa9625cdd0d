use channels::simulator::SmscOptions;
use contract::Mode;
use contract::chunk::Outcome;

use super::rig::{Rig, Wish, kind, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lost_mid_window_leaves_unknown_texts_and_sends_none_twice() {
    const WINDOW: usize = 100;
    let rig = Rig::start(Wish {
        smsc: SmscOptions {
            drop_connection_after: Some(300),
            ..kind()
        },
        live_window: Some(WINDOW),
        ..Wish::default()
    })
    .await;
    let chunks = [0, 1, 2, 3].map(|number| {
        let mut chunk = rig.chunk(number, 0..500);
        chunk.head.mode = Mode::Live;
        chunk
    });
    for chunk in &chunks {
        rig.send(chunk).await;
    }
    rig.play(&chunks, "all is settled", |rig| {
        rig.said.count(Outcome::Unknown) + rig.said.count(Outcome::Delivered) == 2000
    })
    .await;
    let unknown = rig.said.count(Outcome::Unknown);
    rig.stub.all_closed().await;
    let verdict = rig.stop().await;
    assert_eq!(verdict.texts_twice, 0);
    // How many of those that the carrier took had been answered, and how many more were on their way, is the machine's
    // affair. The last one that it took surely was not answered, and more than a window is never open.
    assert!((1..=WINDOW).contains(&unknown), "{unknown}");
    let (taken, unknown) = (verdict.texts, unknown as u64);
    assert!(
        taken <= 2000 && taken + unknown > 2000,
        "{taken} and {unknown}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttling_carrier_gets_everything_in_the_end() {
    let smsc = SmscOptions {
        throttle_every: Some(50),
        ..kind()
    };
    let rig = Rig::start(Wish {
        smsc,
        ..Wish::default()
    })
    .await;
    rig.send(&rig.chunk(0, 0..400)).await;
    until("all is delivered", || {
        rig.said.count(Outcome::Delivered) == 400
    })
    .await;
    assert_eq!(rig.stop().await.texts_twice, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_permit_is_asked_for_while_the_carrier_refuses_us() {
    let smsc = SmscOptions {
        refuse_bind: true,
        ..kind()
    };
    let rig = Rig::start(Wish {
        smsc,
        ..Wish::default()
    })
    .await;
    rig.send(&rig.chunk(0, 0..100)).await;
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    assert_eq!(rig.stub.with(|state| state.asks), 0);
    rig.smsc.change(|options| options.refuse_bind = false);
    until("all is delivered", || {
        rig.said.count(Outcome::Delivered) == 100
    })
    .await;
    assert_eq!(rig.stop().await.texts, 100);
}
