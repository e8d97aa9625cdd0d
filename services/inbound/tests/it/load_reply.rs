use contract::inbound::{LoadReply, ReceiveReply};
use contract::{InboundId, Mode, Phone, UnixMillis};
use testkit::Kit;

use crate::stubs::{CONSENT, CONTACTS, KNOWN};

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_wrote_is_told_to_whoever_was_told_that_something_came() {
    let kit = Kit::start(&[inbound::SERVICE, CONTACTS, CONSENT]).await;
    let came = ReceiveReply {
        provider: "simulator".into(),
        provider_message_id: "1".into(),
        from: Phone::from_digits(15_005_550_006).unwrap(),
        to: "+15005550100".into(),
        text: "C \u{1F44D} see you".into(),
        received_at: UnixMillis(1_781_103_600_123),
        mode: Mode::Test,
    };
    let received = kit.bus.ask(kit.tenant, &came).await.unwrap();
    let question = LoadReply {
        inbound: received.inbound,
    };
    let reply = kit.bus.ask(kit.tenant, &question).await.unwrap().unwrap();
    assert_eq!(reply.inbound, received.inbound);
    assert_eq!(
        (reply.from, reply.to.as_str(), reply.text.as_str()),
        (came.from, "+15005550100", "C \u{1F44D} see you")
    );
    assert_eq!(
        (reply.contact, reply.received_at, reply.mode),
        (Some(KNOWN), came.received_at, Mode::Test)
    );
    let other = kit.bus.ask(kit.other_tenant, &question).await.unwrap();
    assert!(other.is_none(), "another tenant's");
    let nothing = LoadReply {
        inbound: InboundId::from_raw(7),
    };
    assert!(kit.bus.ask(kit.tenant, &nothing).await.unwrap().is_none());
    kit.stop().await;
}
