use contract::{Mode, Phone};

use super::rig::{Rig, SENDER, Wish, kind, until};
use super::stub::Stub;

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_reaches_inbound_before_the_carrier_is_answered_and_comes_again_if_refused() {
    let stub = Stub::default();
    stub.with(|state| state.refuse_replies = 2);
    let rig = Rig::start(Wish {
        smsc: kind(),
        stub,
        ..Wish::default()
    })
    .await;
    rig.send(&rig.chunk(0, 0..1)).await;
    until("the sender is known", || rig.smsc.stats().submits == 1).await;
    let person = Phone::from_digits(12_125_550_000).unwrap();
    rig.smsc.send_reply(person, SENDER, "STOP");
    until("it is answered", || rig.smsc.stats().replies_answered == 1).await;
    let replies = rig.stub.with(|state| std::mem::take(&mut state.replies));
    assert_eq!(replies.len(), 1);
    assert_eq!(
        (replies[0].from, replies[0].text.as_str(), replies[0].mode),
        (person, "STOP", Mode::Test)
    );
    assert_eq!(
        replies[0].to.trim_start_matches('+'),
        SENDER.trim_start_matches('+')
    );
    assert!(!replies[0].provider_message_id.is_empty());
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_to_a_sender_nobody_used_is_kept() {
    let rig = Rig::start(Wish {
        smsc: kind(),
        ..Wish::default()
    })
    .await;
    rig.smsc.send_reply(
        Phone::from_digits(12_125_550_000).unwrap(),
        "+15005550099",
        "hello?",
    );
    until("it is answered", || rig.smsc.stats().replies_answered == 1).await;
    assert!(rig.stub.with(|state| state.replies.is_empty()));
    rig.stop().await;
}
