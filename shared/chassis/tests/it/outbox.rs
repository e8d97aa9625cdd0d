//! What transactions say, and what of it is heard.

use std::sync::Arc;

use testkit::Kit;

use crate::probe::{self, Marked, Seen, mark, numbers_on_the_bus, on_the_bus, until_on_the_bus};

#[tokio::test]
async fn what_a_rolled_back_transaction_said_never_reaches_the_bus() {
    let kit = Kit::start(&[probe::SERVICE]).await;
    let (cx, tenant, bus) = (kit.cx("probe"), kit.tenant, kit.bus.clone());
    let undone: anyhow::Result<()> = cx
        .db
        .write(move |tx| {
            Box::pin(async move {
                probe::say(&bus, tx, tenant, 1).await?;
                anyhow::bail!("changed its mind")
            })
        })
        .await;
    assert_eq!(undone.unwrap_err().to_string(), "changed its mind");
    mark(cx, tenant, vec![2]).await.unwrap();
    until_on_the_bus(&kit, &[2]).await;
    probe::settle().await;
    assert_eq!(numbers_on_the_bus(&kit).await, [2]);
    kit.stop().await;
}

#[tokio::test]
async fn what_a_committed_transaction_said_reaches_the_bus_exactly_once() {
    let kit = Kit::start(&[probe::SERVICE]).await;
    mark(kit.cx("probe"), kit.tenant, vec![1]).await.unwrap();
    until_on_the_bus(&kit, &[1]).await;
    let kit = kit.restart().await;
    mark(kit.cx("probe"), kit.tenant, vec![2]).await.unwrap();
    until_on_the_bus(&kit, &[1, 2]).await;
    probe::settle().await;
    assert_eq!(numbers_on_the_bus(&kit).await, [1, 2]);
    kit.stop().await;
}

#[tokio::test]
async fn many_rows_go_out_as_one_atomic_batch_and_in_order() {
    let kit = Kit::start(&[probe::SERVICE]).await;
    let seen = Seen::new();
    let watching = kit.cx("probe").consume(
        "watcher",
        1,
        seen.clone(),
        |seen: Arc<Seen<u32>>, mark: contract::Envelope<Marked>| async move {
            seen.add(mark.body.number);
            Ok(())
        },
    );
    watching.await.unwrap();
    let numbers: Vec<u32> = (0..100).collect();
    mark(kit.cx("probe"), kit.tenant, numbers.clone())
        .await
        .unwrap();
    until_on_the_bus(&kit, &numbers).await;
    let stored = on_the_bus(&kit).await;
    let mut batches: Vec<String> = stored
        .iter()
        .map(|(_, headers)| headers.get("Nats-Batch-Id").unwrap().to_string())
        .collect();
    batches.dedup();
    assert_eq!(batches.len(), 1, "{batches:?}");
    assert_eq!(seen.until(100).await, numbers);
    kit.stop().await;
}

#[tokio::test]
async fn commits_one_after_another_are_heard_in_their_order() {
    let kit = Kit::start(&[probe::SERVICE]).await;
    let numbers: Vec<u32> = (0..60).collect();
    for number in &numbers {
        mark(kit.cx("probe"), kit.tenant, vec![*number])
            .await
            .unwrap();
    }
    until_on_the_bus(&kit, &numbers).await;
    kit.stop().await;
}

#[tokio::test]
async fn a_transaction_commits_while_the_server_is_away_and_is_heard_once_it_is_back() {
    let mut kit = Kit::start(&[probe::SERVICE]).await;
    mark(kit.cx("probe"), kit.tenant, vec![1]).await.unwrap();
    until_on_the_bus(&kit, &[1]).await;
    kit.nats.kill().await.unwrap();
    for number in 2..8 {
        mark(kit.cx("probe"), kit.tenant, vec![number])
            .await
            .unwrap();
    }
    kit.nats.restart().await.unwrap();
    until_on_the_bus(&kit, &[1, 2, 3, 4, 5, 6, 7]).await;
    kit.stop().await;
}

#[tokio::test]
async fn what_is_too_large_for_the_bus_is_refused_where_it_is_said() {
    let kit = Kit::start(&[probe::SERVICE]).await;
    let (tenant, bus) = (kit.tenant, kit.bus.clone());
    let refused = kit
        .db("probe")
        .write(move |tx| {
            Box::pin(async move {
                let filling = "x".repeat(5 * 1024 * 1024);
                let body = Marked { number: 1, filling };
                bus.say(tx, tenant, &body).await
            })
        })
        .await;
    let reason = format!("{:#}", refused.unwrap_err());
    assert!(reason.contains("too large"), "{reason}");
    mark(kit.cx("probe"), kit.tenant, vec![2]).await.unwrap();
    until_on_the_bus(&kit, &[2]).await;
    kit.stop().await;
}
