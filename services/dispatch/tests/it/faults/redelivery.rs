//! A payload comes a second time while the first is in hand.

use async_nats::jetstream;
use async_nats::jetstream::consumer::pull;
use contract::chunk::Outcome;
use contract::dispatch::SendChunk;
use contract::{Payload, streams};
use serde_json::json;

use crate::rig::{Rig, Wish, kind};

/// Deliveries of chunks beyond the first of each, and chunks that wait or are not acknowledged.
async fn deliveries(rig: &Rig) -> Option<(u64, u64)> {
    let jetstream = jetstream::new(rig.kit.bus.client().clone());
    let name = streams::name(SendChunk::KIND, SendChunk::OWNER);
    let stream = jetstream.get_stream(name).await.unwrap();
    let consumer = stream.get_consumer::<pull::Config>("dispatch__send_chunk");
    // Not there before the service has registered.
    let seen = consumer.await.ok()?.cached_info().clone();
    let waiting = seen.num_pending + seen.num_ack_pending as u64;
    let again = seen.delivered.consumer_sequence - seen.delivered.stream_sequence;
    Some((again, waiting))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_delivered_again_while_it_is_worked_on_sends_nothing_twice() {
    const TEXTS: u16 = 180;
    // Shorter than the time between two signs of life, and far shorter than the pace lets the chunk take.
    let settings = vec![
        ("bus.ack_wait_ms", json!(20)),
        ("dispatch.lane.segments_per_second", json!(60)),
        ("dispatch.lane.burst", json!(4)),
    ];
    let rig = Rig::start(Wish {
        smsc: kind(),
        settings,
        ..Wish::default()
    })
    .await;
    let chunks = [rig.chunk(0, 0..TEXTS)];
    rig.send(&chunks[0]).await;
    let again = testkit::eventually("it is delivered again and again", || async {
        let (again, _) = deliveries(&rig).await?;
        (again >= 5).then_some(again)
    })
    .await;
    let submits = rig.smsc.stats().submits;
    assert!(submits < u64::from(TEXTS), "{again} times, but too late");
    rig.play(&chunks, "all is delivered", |rig| {
        rig.said.count(Outcome::Delivered) == usize::from(TEXTS)
    })
    .await;
    testkit::eventually("every delivery is acknowledged", || async {
        (deliveries(&rig).await?.1 == 0).then_some(())
    })
    .await;
    rig.stub.all_closed().await;
    assert_eq!(rig.kit.dead_letters().await, 0);
    let said = rig.said.clone();
    let verdict = rig.stop().await;
    assert_eq!(
        (verdict.texts, verdict.texts_twice),
        (u64::from(TEXTS), 0),
        "{again} deliveries too many"
    );
    let said = said.hand_overs.lock().unwrap();
    let left = said.iter().filter(|(_, item)| item.until.is_none());
    assert_eq!(left.count(), usize::from(TEXTS), "each is said once");
}
