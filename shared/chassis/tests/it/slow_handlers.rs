//! A handler that takes longer than the ack wait is left to finish.

use std::sync::Arc;
use std::time::Duration;

use chassis::Settings;
use contract::Envelope;
use testkit::Kit;

use crate::probe::{self, Marked, Seen, mark};

const ACK_WAIT: u64 = 1_200;

fn impatient(settings: Settings) -> Settings {
    settings.with("bus.ack_wait_ms", ACK_WAIT)
}

async fn handle(seen: Arc<Seen<u32>>, mark: Envelope<Marked>) -> Result<(), chassis::Failure> {
    seen.add(mark.body.number);
    tokio::time::sleep(Duration::from_millis(ACK_WAIT * 3)).await;
    Ok(())
}

async fn handle_batch(
    seen: Arc<Seen<u32>>,
    marks: Vec<Envelope<Marked>>,
) -> Result<(), chassis::Failure> {
    marks.iter().for_each(|mark| seen.add(mark.body.number));
    tokio::time::sleep(Duration::from_millis(ACK_WAIT * 3)).await;
    Ok(())
}

async fn twice_the_ack_wait_later(seen: &Seen<u32>) -> Vec<u32> {
    tokio::time::sleep(Duration::from_millis(ACK_WAIT * 5)).await;
    let mut all = seen.all();
    all.sort_unstable();
    all
}

#[tokio::test]
async fn a_slow_handler_is_not_given_the_payload_a_second_time() {
    let kit = Kit::start_with(&[probe::SERVICE], impatient).await;
    let seen = Seen::new();
    let consuming = kit.cx("probe").consume("slow", 2, seen.clone(), handle);
    consuming.await.unwrap();
    mark(kit.cx("probe"), kit.tenant, vec![1]).await.unwrap();
    seen.until(1).await;
    assert_eq!(twice_the_ack_wait_later(&seen).await, [1]);
    kit.stop().await;
}

#[tokio::test]
async fn what_waits_behind_a_slow_handler_is_handled_once() {
    let kit = Kit::start_with(&[probe::SERVICE], impatient).await;
    let seen = Seen::new();
    let consuming = kit.cx("probe").consume("slow", 1, seen.clone(), handle);
    consuming.await.unwrap();
    mark(kit.cx("probe"), kit.tenant, vec![1, 2, 3])
        .await
        .unwrap();
    seen.until(3).await;
    assert_eq!(twice_the_ack_wait_later(&seen).await, [1, 2, 3]);
    kit.stop().await;
}

#[tokio::test]
async fn what_waits_behind_a_slow_batch_is_handled_once() {
    let kit = Kit::start_with(&[probe::SERVICE], impatient).await;
    let seen = Seen::new();
    let consuming = kit
        .cx("probe")
        .consume_batch("slow", 4, seen.clone(), handle_batch);
    consuming.await.unwrap();
    mark(kit.cx("probe"), kit.tenant, vec![1]).await.unwrap();
    seen.until(1).await;
    mark(kit.cx("probe"), kit.tenant, vec![2, 3, 4])
        .await
        .unwrap();
    seen.until(4).await;
    assert_eq!(twice_the_ack_wait_later(&seen).await, [1, 2, 3, 4]);
    kit.stop().await;
}
