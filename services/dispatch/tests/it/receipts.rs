use channels::simulator::{Delay, SmscOptions};
use contract::chunk::Outcome;
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::rig::{Rig, Wish, kind, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_overtakes_the_commit_of_its_submit_is_parked_and_folded() {
    let smsc = SmscOptions {
        receipt_delay_ms: Delay { min: 0, max: 1 },
        ..kind()
    };
    let settings = vec![("dispatch.commit_every_ms", json!(1))];
    let rig = Rig::start(Wish {
        smsc,
        settings,
        ..Wish::default()
    })
    .await;
    for chunk in 0..8 {
        rig.send(&rig.chunk(chunk, 0..500)).await;
    }
    until("all is delivered", || {
        rig.said.count(Outcome::Delivered) == 4000
    })
    .await;
    let parked = rows(&rig, "SELECT COUNT(*) AS n FROM parked_receipt").await;
    let (_, metrics) = rig.kit.get("/metrics").await;
    let counter = |line: &&str| line.starts_with("dispatch_receipts_parked ");
    let counted = metrics
        .as_str()
        .unwrap()
        .lines()
        .find(counter)
        .unwrap()
        .rsplit(' ')
        .next()
        .unwrap()
        .to_string();
    assert_ne!(
        counted, "0",
        "no receipt overtook its commit, so this shows nothing"
    );
    assert_eq!(
        parked, 0,
        "parked receipts that found their text are removed"
    );
    assert_eq!(
        rig.said.receipts.lock().unwrap().len(),
        4000,
        "each is said once"
    );
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_and_repeated_receipts_give_one_state_each() {
    let smsc = SmscOptions {
        failed_percent: 20.0,
        duplicate_receipt_percent: 50.0,
        ..kind()
    };
    let rig = Rig::start(Wish {
        smsc,
        ..Wish::default()
    })
    .await;
    rig.send(&rig.chunk(0, 0..500)).await;
    let settled =
        || rig.said.count(Outcome::Delivered) + rig.said.count(Outcome::Undelivered) == 500;
    until("all receipts are in", settled).await;
    let (delivered, undelivered) = (
        rig.said.count(Outcome::Delivered),
        rig.said.count(Outcome::Undelivered),
    );
    assert!(undelivered > 20, "{undelivered}");
    assert_eq!(rig.said.receipts.lock().unwrap().len(), 500);
    assert!(
        rig.said.settled.lock().unwrap().is_empty(),
        "receipts of texts that were handed over cost campaigns nothing"
    );
    until("every receipt is answered", || {
        let stats = rig.smsc.stats();
        stats.receipts_sent > 500 && stats.receipts_answered == stats.receipts_sent
    })
    .await;
    let verdict = rig.stop().await;
    assert_eq!(
        (verdict.delivered, verdict.undelivered),
        (delivered as u64, undelivered as u64)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn states_are_folded_into_the_ledger_and_the_log_is_emptied() {
    let rig = Rig::start(Wish {
        smsc: kind(),
        settings: vec![("dispatch.fold_every_ms", json!(50))],
        ..Wish::default()
    })
    .await;
    rig.send(&rig.chunk(0, 0..130)).await;
    until("all is delivered", || {
        rig.said.count(Outcome::Delivered) == 130
    })
    .await;
    for _ in 0..1_500 {
        if rows(
            &rig,
            "SELECT COUNT(*) AS n FROM ledger_state WHERE awaiting = 0",
        )
        .await
            == 3
        {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(
        rows(
            &rig,
            "SELECT COUNT(*) AS n FROM ledger_state WHERE awaiting = 0"
        )
        .await,
        3
    );
    assert_eq!(rows(&rig, "SELECT COUNT(*) AS n FROM receipt_log").await, 0);
    assert_eq!(rows(&rig, "SELECT COUNT(*) AS n FROM ledger").await, 3);
    rig.stop().await;
}

async fn rows(rig: &Rig, sql: &str) -> i64 {
    let db = rig.db();
    let row = db
        .read()
        .query_one_raw(db.engine().sql(sql, []))
        .await
        .unwrap()
        .unwrap();
    row.try_get("", "n").unwrap()
}
