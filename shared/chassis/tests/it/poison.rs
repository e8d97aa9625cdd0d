//! One bad payload holds up nobody else.

use std::sync::Arc;

use async_nats::HeaderMap;
use chassis::Failure;
use contract::{Envelope, payload};
use testkit::Kit;

use crate::dead_letters::until_letters;
use crate::probe::{self, Marked, Seen, mark};

/// Something on the subject that is no `Marked`, then a good one.
async fn say_rubbish_then(kit: &Kit, number: u32) {
    let subject = payload::subject::<Marked>(kit.tenant);
    let js = kit.bus.jetstream();
    let mut other = HeaderMap::new();
    other.insert("hm-type", "marked/99");
    let bare = js.publish(subject.clone(), "{}".into()).await.unwrap();
    bare.await.unwrap();
    let newer = js.publish_with_headers(subject, other, "{}".into()).await;
    newer.unwrap().await.unwrap();
    mark(kit.cx("probe"), kit.tenant, vec![number])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_payload_that_cannot_be_decoded_is_parked_and_the_next_ones_go_on() {
    let kit = Kit::start(&[probe::SERVICE]).await;
    let seen = Seen::new();
    let handler = |seen: Arc<Seen<u32>>, mark: Envelope<Marked>| async move {
        seen.add(mark.body.number);
        Ok(())
    };
    let consuming = kit.cx("probe").consume("reader", 1, seen.clone(), handler);
    consuming.await.unwrap();
    say_rubbish_then(&kit, 7).await;
    assert_eq!(seen.until(1).await, [7]);
    let letters = until_letters(&kit, 2).await;
    assert!(letters.iter().all(|letter| letter.code == "unreadable"));
    assert!(
        letters[1].detail.contains("marked/99"),
        "{}",
        letters[1].detail
    );
    kit.stop().await;
}

#[tokio::test]
async fn a_batch_loses_only_what_cannot_be_decoded() {
    let kit = Kit::start(&[probe::SERVICE]).await;
    say_rubbish_then(&kit, 7).await;
    let seen = Seen::new();
    let handler = |seen: Arc<Seen<u32>>, marks: Vec<Envelope<Marked>>| async move {
        marks.iter().for_each(|mark| seen.add(mark.body.number));
        Ok(())
    };
    let consuming = kit
        .cx("probe")
        .consume_batch("reader", 10, seen.clone(), handler);
    consuming.await.unwrap();
    assert_eq!(seen.until(1).await, [7]);
    until_letters(&kit, 2).await;
    kit.stop().await;
}

#[tokio::test]
async fn one_payload_that_keeps_failing_takes_no_other_of_its_batch_with_it() {
    let three_tries = |settings: chassis::Settings| settings.with("bus.max_tries", 3);
    let kit = Kit::start_with(&[probe::SERVICE], three_tries).await;
    mark(kit.cx("probe"), kit.tenant, (0..20).collect())
        .await
        .unwrap();
    let seen = Seen::new();
    let handler = |seen: Arc<Seen<u32>>, marks: Vec<Envelope<Marked>>| async move {
        if marks.iter().any(|mark| mark.body.number == 11) {
            return Err(Failure::Retry(anyhow::anyhow!("eleven")));
        }
        marks.iter().for_each(|mark| seen.add(mark.body.number));
        Ok(())
    };
    let consuming = kit
        .cx("probe")
        .consume_batch("reader", 20, seen.clone(), handler);
    consuming.await.unwrap();
    let mut handled = seen.until(19).await;
    handled.sort_unstable();
    let good: Vec<u32> = (0..20).filter(|number| *number != 11).collect();
    assert_eq!(handled, good);
    until_letters(&kit, 1).await;
    probe::settle().await;
    assert_eq!(kit.dead_letters().await, 1);
    kit.stop().await;
}
