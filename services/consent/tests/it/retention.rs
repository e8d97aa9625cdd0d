//! What is past its time goes, and only that.

use std::time::Duration;

use chrono::Duration as Span;
use contract::chunk::SlotRef;
use serde_json::Value;

use crate::Kit;
use crate::support::{ask, close, grant, opt_in_all, phone, register, run, text_back};

async fn consents(kit: &Kit, n: u64) -> Vec<Value> {
    let path = format!("/v1/privacy/access?phone={}", phone(n).digits());
    let (_, body) = kit.get(&path).await;
    body["consents"].as_array().unwrap().clone()
}

/// Waits for the round that the clock has made due.
async fn round(kit: &Kit) {
    let now = kit.clock.now();
    for _ in 0..200 {
        let (_, body) = kit.get("/v1/privacy/retention").await;
        let done = body["schedule"].as_array().unwrap().iter().all(|class| {
            let at = class["last_run_at"].as_str().unwrap_or_default();
            at.parse::<chrono::DateTime<chrono::Utc>>()
                .is_ok_and(|at| at >= now)
        });
        if done {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no round was made");
}

#[tokio::test]
async fn reply_texts_go_after_thirteen_months_and_people_after_five_years() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..2).await;
    text_back(&kit, 0, 1, "STOP").await;
    let epoch = register(&kit).await;
    let slot = SlotRef {
        run: run(1),
        chunk: 0,
        slot: 0,
    };
    grant(&kit, &ask(&kit, slot, epoch, &[1])).await;
    close(&kit, epoch, &[slot]).await;

    kit.clock.advance(Span::days(394));
    round(&kit).await;
    assert_eq!(consents(&kit, 0).await[1]["evidence"]["text"], "STOP");
    kit.clock.advance(Span::days(2));
    round(&kit).await;
    let entries = consents(&kit, 0).await;
    assert_eq!(
        entries[1]["evidence"],
        serde_json::json!({}),
        "the text is gone"
    );
    assert_eq!(
        entries[0]["evidence"]["ip"], "203.0.113.9",
        "the proof of consent is not"
    );
    let (_, verified) = kit.get("/v1/ledger/verify").await;
    assert_eq!(verified["verified"], true, "{verified}");

    kit.clock.advance(Span::days(1_000));
    text_back(&kit, 1, 2, "STOP").await;
    kit.clock.advance(Span::days(500));
    round(&kit).await;
    let gone = consents(&kit, 0).await;
    assert_eq!(gone.last().unwrap()["action"], "erase");
    assert!(
        gone.iter()
            .all(|entry| entry["evidence"] == serde_json::json!({}))
    );
    let path = format!("/v1/standing?phone={}", phone(0).digits());
    assert_eq!(
        kit.get(&path).await.1["erased"],
        true,
        "and stays suppressed"
    );
    let kept = consents(&kit, 1).await;
    assert_eq!(
        kept[0]["evidence"]["ip"], "203.0.113.9",
        "whoever wrote since is kept"
    );
    let path = format!("/v1/privacy/access?phone={}", phone(1).digits());
    assert_eq!(kit.get(&path).await.1["messages"], serde_json::json!([]));
    let (_, verified) = kit.get("/v1/ledger/verify").await;
    assert_eq!(verified["verified"], true, "{verified}");
    kit.stop().await;
}
