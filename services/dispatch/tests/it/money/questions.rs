//! What other services ask about a run: what it cost, and what did not arrive.

use channels::simulator::SmscOptions;
use contract::chunk::Outcome;
use contract::dispatch::{SpendOf, Spent, UndeliveredOf};
use serde_json::json;

use crate::rig::{Rig, Wish, kind, until};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_cost_and_what_of_it_did_not_arrive_can_be_asked() {
    let rig = Rig::start(Wish {
        smsc: SmscOptions {
            failed_percent: 20.0,
            ..kind()
        },
        settings: vec![("dispatch.fold_every_ms", json!(50))],
        ..Wish::default()
    })
    .await;
    let prices = json!({"prices": [
        {"provider": "simulator", "country": "US", "micros": 1000, "currency": "USD"}]});
    assert_eq!(rig.kit.put("/v1/prices", prices).await.0, 200);
    for chunk in 0..2 {
        rig.send(&rig.chunk(chunk, 0..300)).await;
    }
    until("all receipts are in", || {
        rig.said.count(Outcome::Delivered) + rig.said.count(Outcome::Undelivered) == 600
    })
    .await;
    let (tenant, run) = (rig.kit.tenant, rig.run);
    let spent = rig.kit.bus.ask(tenant, &SpendOf { run }).await.unwrap();
    assert_eq!(
        spent.amounts,
        [Spent {
            currency: "USD".into(),
            micros: 600_000
        }]
    );
    let mut wanted: Vec<(u32, u16)> = {
        let receipts = rig.said.receipts.lock().unwrap();
        let lost = receipts
            .iter()
            .filter(|(_, outcome)| *outcome == Outcome::Undelivered);
        lost.map(|(message, _)| (message.chunk(), message.position()))
            .collect()
    };
    wanted.sort_unstable();
    let ask = async |tenant, first, last| {
        let question = UndeliveredOf { run, first, last };
        let found = rig.kit.bus.ask(tenant, &question).await.unwrap();
        let chunks = found.chunks.into_iter();
        let mut places: Vec<(u32, u16)> = chunks
            .flat_map(|chunk| chunk.positions.into_iter().map(move |at| (chunk.chunk, at)))
            .collect();
        places.sort_unstable();
        places
    };
    for _ in 0..1_500 {
        if ask(tenant, 0, 63).await.len() == wanted.len() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(!wanted.is_empty());
    assert_eq!(ask(tenant, 0, 63).await, wanted);
    wanted.retain(|(chunk, _)| *chunk == 1);
    assert_eq!(ask(tenant, 1, 1).await, wanted);
    assert!(ask(rig.kit.other_tenant, 0, 63).await.is_empty());
    let other = rig.kit.other_tenant;
    let theirs = rig.kit.bus.ask(other, &SpendOf { run }).await.unwrap();
    assert!(theirs.amounts.is_empty());
    rig.stop().await;
}
