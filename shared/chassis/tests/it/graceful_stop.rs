//! A stop takes nothing new and finishes what is under way.

use std::sync::Arc;
use std::time::Duration;

use chassis::{Cx, Failure};
use contract::Envelope;
use testkit::Kit;

use crate::probe::{self, Marked, Seen, act, mark, numbers};

struct Slow {
    cx: Cx,
    started: Arc<Seen<u32>>,
}

async fn handle(slow: Arc<Slow>, mark: Envelope<Marked>) -> Result<(), Failure> {
    slow.started.add(mark.body.number);
    tokio::time::sleep(Duration::from_millis(600)).await;
    act(&slow.cx, "slow", mark).await
}

async fn consume(kit: &Kit, started: &Arc<Seen<u32>>) {
    let slow = Slow {
        cx: kit.cx("probe").clone(),
        started: started.clone(),
    };
    let consuming = kit.cx("probe").consume("slow", 1, Arc::new(slow), handle);
    consuming.await.unwrap();
}

#[tokio::test]
async fn a_handler_in_flight_finishes_and_its_payload_does_not_come_again() {
    let kit = Kit::start(&[probe::SERVICE]).await;
    let started = Seen::new();
    consume(&kit, &started).await;
    mark(kit.cx("probe"), kit.tenant, vec![1]).await.unwrap();
    started.until(1).await;
    let kit = kit.restart().await;
    assert_eq!(numbers(&kit, "act").await, [1]);
    consume(&kit, &started).await;
    mark(kit.cx("probe"), kit.tenant, vec![2]).await.unwrap();
    started.until(2).await;
    probe::settle().await;
    assert_eq!(started.all(), [1, 2]);
    kit.stop().await;
}

#[tokio::test]
async fn what_waited_for_a_handler_comes_at_once_after_the_restart() {
    let kit = Kit::start(&[probe::SERVICE]).await;
    let started = Seen::new();
    consume(&kit, &started).await;
    mark(kit.cx("probe"), kit.tenant, vec![1, 2, 3])
        .await
        .unwrap();
    started.until(1).await;
    let kit = kit.restart().await;
    assert_eq!(started.all(), [1]);
    consume(&kit, &started).await;
    // The ack wait is half a minute: nobody may have to wait for it.
    testkit::eventually_within(Duration::from_secs(10), "the rest is handled", async || {
        (numbers(&kit, "act").await == [1, 2, 3]).then_some(())
    })
    .await;
    kit.stop().await;
}

#[tokio::test]
async fn what_a_last_handler_said_is_heard_before_the_process_ends() {
    let kit = Kit::start(&[probe::SERVICE]).await;
    let cx = kit.cx("probe").clone();
    let (tenant, task) = (kit.tenant, cx.clone());
    cx.spawn("says goodbye", async move {
        task.stopping().cancelled().await;
        mark(&task, tenant, vec![9]).await?;
        Ok(())
    });
    drop(cx);
    let kit = kit.restart().await;
    assert_eq!(probe::numbers_on_the_bus(&kit).await, [9]);
    kit.stop().await;
}

#[tokio::test]
async fn a_request_in_flight_is_answered() {
    let kit = Kit::start(&[probe::SERVICE]).await;
    let client = kit.with_key(&kit.key);
    let asking = tokio::spawn(async move { client.get("/v1/slow").await });
    // The answer takes 700 milliseconds.
    tokio::time::sleep(Duration::from_millis(400)).await;
    kit.stop().await;
    assert_eq!(asking.await.unwrap().unwrap()["slow"], true);
}
