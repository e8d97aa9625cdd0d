use contract::campaigns::{RunClosed, RunStarted};
use contract::chunk::Outcome;
use contract::consent::{ChunkScreened, OptOutRecorded};
use contract::inbound::MessageReceived;
use contract::renderer::ChunkRendered;
use contract::{Class, ConsentId, InboundId, MessageId, Reason, RunId, UnixMillis};
use serde_json::json;
use testkit::Kit;

use crate::samples::{CAMPAIGN, START, contact, hand_overs, receipts, suppressed};

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_is_counted_from_what_was_said() {
    let kit = Kit::start(&[analytics::SERVICE]).await;
    let (bus, tenant) = (&kit.bus, kit.tenant);
    let run = RunId::begin(kit.clock.now());
    let at = UnixMillis(START + 60_000);
    let started = RunStarted {
        run,
        campaign: CAMPAIGN,
        class: Class::Marketing,
        recipients: 10,
        at: UnixMillis(START),
    };

    // Receipts first: they may overtake everything.
    let outcomes = [(0, Outcome::Delivered), (1, Outcome::Undelivered)];
    bus.publish(tenant, &receipts(run, at.0 + 5_000, &outcomes))
        .await
        .unwrap();
    bus.publish(tenant, &started).await.unwrap();
    let groups = vec![suppressed(&[5, 6], Reason::NO_CONSENT)];
    let screened = ChunkScreened {
        run,
        campaign: CAMPAIGN,
        chunk: 0,
        at: UnixMillis(START + 10),
        allowed: 8,
        groups,
    };
    bus.publish(tenant, &screened).await.unwrap();
    let rendered = ChunkRendered {
        run,
        campaign: CAMPAIGN,
        chunk: 0,
        at: UnixMillis(START + 20),
        rendered: 8,
        groups: vec![],
    };
    bus.publish(tenant, &rendered).await.unwrap();
    let handed = [
        (0, Outcome::HandedOver),
        (1, Outcome::HandedOver),
        (2, Outcome::HandedOver),
        (3, Outcome::Failed),
    ];
    bus.publish(tenant, &hand_overs(run, at.0, &handed))
        .await
        .unwrap();
    let reply = |from| MessageReceived {
        inbound: InboundId::at(kit.clock.now()),
        contact: from,
        provider: "simulator".into(),
        at: UnixMillis(at.0 + 9_000),
    };
    bus.publish(tenant, &reply(Some(contact(0)))).await.unwrap();
    bus.publish(tenant, &reply(Some(contact(6)))).await.unwrap();
    bus.publish(tenant, &reply(None)).await.unwrap();
    let stop = OptOutRecorded {
        consent: ConsentId::at(kit.clock.now()),
        contact: Some(contact(0)),
        method: "keyword".into(),
        at: UnixMillis(at.0 + 9_000),
    };
    bus.publish(tenant, &stop).await.unwrap();

    let path = format!("/v1/analytics/campaigns/{CAMPAIGN}/funnel");
    let funnel = testkit::eventually("the funnel is complete", || async {
        let (_, funnel) = kit.get(&path).await;
        let seen = (
            &funnel["pending"],
            &funnel["opt_outs"],
            &funnel["replies"],
            &funnel["awaiting_receipt"],
        );
        (seen == (&json!(4), &json!(1), &json!(1), &json!(1))).then_some(funnel)
    })
    .await;
    assert_eq!(
        (&funnel["recipients"], &funnel["handed_over"]),
        (&json!(10), &json!(3))
    );
    assert_eq!(
        (&funnel["delivered"], &funnel["undelivered"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(funnel["suppressed"], json!({"NO_CONSENT": 2}));
    assert_eq!(funnel["failed"], json!({"CARRIER_REJECTED": 1}));
    assert_eq!(
        (&funnel["segments"], &funnel["runs"]),
        (&json!(1 + 2 + 3), &json!([run]))
    );

    let message = MessageId::of(run, 0, 0);
    let way = testkit::eventually("every hop is known", || async {
        let (_, way) = kit.get(&format!("/v1/messages/{message}/timeline")).await;
        (way["hops"].as_array().is_some_and(|hops| hops.len() == 6)).then_some(way)
    })
    .await;
    assert_eq!(
        way["summary"],
        "Delivered as SMS via server simulator, 1 segment"
    );
    let (_, one) = kit.get(&format!("/v1/messages/{message}")).await;
    assert_eq!(
        (&one["outcome"], &one["provider_message_id"]),
        (&json!("delivered"), &json!("p0"))
    );
    let (_, hours) = kit
        .get(&format!("/v1/analytics/hourly?campaign={CAMPAIGN}"))
        .await;
    let counted: i64 = hours["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hour| hour["messages"].as_i64().unwrap())
        .sum();
    assert_eq!(counted, 6);

    for path in [
        path,
        format!("/v1/messages/{message}"),
        format!("/v1/messages/{message}/timeline"),
    ] {
        let theirs = kit
            .with_key(&kit.other_key)
            .send("GET", &path, "application/json", vec![])
            .await
            .unwrap();
        assert_eq!(
            (theirs.0, theirs.1["code"].as_str()),
            (404, Some("not_found"))
        );
    }
    let closed = RunClosed {
        run,
        campaign: CAMPAIGN,
        at,
        recipients: 10,
        suppressed: 2,
        cancelled: 0,
        expired: 0,
        failed: 1,
        unknown: 0,
        handed_over: 3,
        revision: 1,
        restated_at: None,
    };
    bus.publish(tenant, &closed).await.unwrap();
    kit.stop().await;
}
