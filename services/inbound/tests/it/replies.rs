use contract::consent::{ActOnReply, Keyword};
use contract::inbound::{MessageReceived, ReceiveReply};
use contract::{Mode, Payload, Phone, UnixMillis, payload};
use futures::StreamExt;
use testkit::Kit;

use crate::stubs::{CONSENT, CONTACTS, KNOWN};

fn reply(carrier_id: &str, text: &str) -> ReceiveReply {
    ReceiveReply {
        provider: "simulator".into(),
        provider_message_id: carrier_id.into(),
        from: Phone::from_digits(15_005_550_006).unwrap(),
        to: "+15005550100".into(),
        text: text.into(),
        received_at: UnixMillis(1_781_103_600_000),
        mode: Mode::Test,
    }
}

/// How many payloads of a kind the stream holds.
pub async fn said<P: Payload>(kit: &Kit) -> usize {
    let stream = contract::streams::name(P::KIND, P::OWNER);
    let stream = kit.bus.jetstream().get_stream(stream).await.unwrap();
    let mut subjects = stream
        .info_with_subjects(payload::subject_filter::<P>())
        .await
        .unwrap();
    let mut sum = 0;
    while let Some(subject) = subjects.next().await {
        sum += subject.unwrap().1;
    }
    sum
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_reply_is_stored_and_said_once() {
    let kit = Kit::start(&[inbound::SERVICE, CONTACTS, CONSENT]).await;
    let first = kit.bus.ask(kit.tenant, &reply("1", "STOP")).await.unwrap();
    assert_eq!(first.keyword, Keyword::Stop);
    let (again, twice) = (reply("1", "STOP"), reply("1", "STOP"));
    let (again, twice) = tokio::join!(
        kit.bus.ask(kit.tenant, &again),
        kit.bus.ask(kit.tenant, &twice)
    );
    assert_eq!(
        (again.unwrap(), twice.unwrap()),
        (first.clone(), first.clone())
    );
    let other = kit
        .bus
        .ask(kit.tenant, &reply("2", "thanks"))
        .await
        .unwrap();
    assert_eq!(other.keyword, Keyword::None);
    testkit::eventually("both replies are said once", || async {
        let counts = (
            said::<MessageReceived>(&kit).await,
            said::<ActOnReply>(&kit).await,
        );
        (counts == (2, 2)).then_some(())
    })
    .await;

    let (status, list) = kit.get("/v1/inbound").await;
    assert_eq!((status, list["data"].as_array().unwrap().len()), (200, 2));
    let path = format!("/v1/inbound/{}", first.inbound);
    let one = testkit::eventually("the keyword is noted", || async {
        let (_, one) = kit.get(&path).await;
        (one["keyword"] == "stop").then_some(one)
    })
    .await;
    assert_eq!(one["text"].as_str(), Some("STOP"));
    assert_eq!(
        (one["contact"].as_str(), one["from"].as_str()),
        (Some(KNOWN.to_string().as_str()), Some("+15005550006"))
    );
    for key in [&kit.other_key, &kit.live_key] {
        let path = format!("/v1/inbound/{}", first.inbound);
        assert_eq!(
            kit.with_key(key)
                .send("GET", &path, "application/json", vec![])
                .await
                .unwrap()
                .0,
            404
        );
    }
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_consent_is_down_the_carrier_must_come_again_and_the_command_waits() {
    let kit = Kit::start(&[inbound::SERVICE, CONTACTS, CONSENT]).await;
    for _ in 0..2 {
        assert!(
            kit.bus
                .ask(kit.tenant, &reply("1", "consent is down"))
                .await
                .is_err()
        );
    }
    testkit::eventually("the command is said once", || async {
        (said::<ActOnReply>(&kit).await == 1).then_some(())
    })
    .await;
    let (_, list) = kit.get("/v1/inbound").await;
    assert_eq!(
        (
            list["data"].as_array().unwrap().len(),
            list["data"][0]["keyword"].is_null()
        ),
        (1, true)
    );
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_from_an_unknown_person_is_kept() {
    let kit = Kit::start(&[inbound::SERVICE, CONSENT]).await;
    let received = kit
        .bus
        .ask(kit.tenant, &reply("1", "who\0 is this"))
        .await
        .unwrap();
    let (_, one) = kit.get(&format!("/v1/inbound/{}", received.inbound)).await;
    assert_eq!(
        (one["contact"].is_null(), one["text"].as_str()),
        (true, Some("who is this"))
    );
    kit.stop().await;
}
