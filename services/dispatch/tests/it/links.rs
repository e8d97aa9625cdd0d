use channels::simulator::SmscOptions;
use contract::chunk::Outcome;

use super::rig::{Rig, Wish, kind, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lost_mid_window_leaves_unknown_texts_and_sends_none_twice() {
    let smsc = SmscOptions {
        drop_connection_after: Some(300),
        ..kind()
    };
    let rig = Rig::start(Wish {
        smsc,
        ..Wish::default()
    })
    .await;
    for chunk in 0..4 {
        rig.send(&rig.chunk(chunk, 0..500)).await;
    }
    let settled = |said: &super::events::Said| {
        said.states()
            .values()
            .filter(|state| matches!(state, Outcome::Unknown | Outcome::Delivered))
            .count()
    };
    until("all is settled", || settled(&rig.said) == 2000).await;
    let unknown = rig.said.count(Outcome::Unknown) as u64;
    rig.stub.all_closed().await;
    let verdict = rig.stop().await;
    assert_eq!(verdict.texts_twice, 0);
    assert!(
        verdict.texts <= 2000 && verdict.texts + unknown >= 2000,
        "{} and {unknown}",
        verdict.texts
    );
    assert!(unknown < 300, "{unknown}");
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
