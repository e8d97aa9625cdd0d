//! The database server is gone for a while.

use std::time::Duration;

use contract::chunk::Outcome;
use serde_json::{Value, json};
use testkit::postgres::Cluster;

use super::proxy::Proxy;
use crate::rig::{Rig, SENDER, Wish, kind, until};

fn text() -> Value {
    json!({ "to": { "phone": "+15005551001" }, "class": "otp", "sender": SENDER, "text": "Code 1",
            "dedup_key": "k" })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_server_that_is_gone_for_a_while_costs_no_text_and_doubles_none() {
    const TEXTS: u16 = 400;
    if testkit::database_url().is_none() {
        return;
    }
    // The other tests need the shared one, and that one keeps nothing.
    let mut cluster = Cluster::lasting().await.unwrap();
    let database = cluster.create_database().await.unwrap();
    let rig = Rig::start(Wish {
        smsc: kind(),
        settings: vec![
            ("database.url", json!(cluster.url(&database))),
            ("dispatch.lane.segments_per_second", json!(150)),
        ],
        ..Wish::default()
    })
    .await;
    let chunks = [0, 1, 2, 3].map(|chunk| rig.chunk(chunk, 0..TEXTS / 4));
    for chunk in &chunks {
        rig.send(chunk).await;
    }
    until("texts leave", || rig.smsc.stats().submits > 60).await;
    cluster.halt().unwrap();
    let delivered = rig.said.count(Outcome::Delivered);
    assert!(delivered < usize::from(TEXTS), "it is gone too late");
    // As long as it takes to be told no: connecting is tried for a while.
    let (status, problem) = rig.kit.post("/v1/messages", text()).await;
    assert_eq!(
        (status, &problem["code"]),
        (503, &json!("message.not_accepted")),
        "{problem}"
    );
    assert!(rig.said.count(Outcome::Delivered) < usize::from(TEXTS));
    cluster.resume().await.unwrap();
    let (status, sent) = testkit::eventually("it accepts again", || async {
        let (status, sent) = rig.kit.post("/v1/messages", text()).await;
        (status < 500).then_some((status, sent))
    })
    .await;
    assert_eq!(status, 202, "{sent}");
    let path = format!("/v1/messages/{}/dispatch", sent["id"].as_str().unwrap());
    testkit::eventually("it is delivered", || async {
        let (_, shown) = rig.kit.get(&path).await;
        (shown["outcome"] == "delivered").then_some(())
    })
    .await;
    rig.play(&chunks, "all is delivered", |rig| {
        assert!(!rig.kit.cx("dispatch").stopping().is_cancelled());
        rig.said.count(Outcome::Delivered) == usize::from(TEXTS) + 1
    })
    .await;
    rig.stub.all_closed().await;
    assert_eq!(rig.said.count(Outcome::Unknown), 0);
    assert_eq!(rig.kit.dead_letters().await, 0);
    // Ends in order: no task of it has given up.
    let verdict = rig.stop().await;
    assert_eq!((verdict.texts, verdict.texts_twice), (401, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn outcomes_wait_for_a_database_that_breaks_every_connection_for_a_while() {
    const TEXTS: u16 = 200;
    /// Longer than a database is tried that answers and does not take a commit.
    const GONE: Duration = Duration::from_secs(9);
    if testkit::database_url().is_none() {
        return;
    }
    let proxy = Proxy::start().await;
    let rig = Rig::start(Wish {
        smsc: kind(),
        settings: vec![
            ("database.url", json!(proxy.url)),
            ("dispatch.lane.segments_per_second", json!(200)),
        ],
        ..Wish::default()
    })
    .await;
    let chunks = [rig.chunk(0, 0..TEXTS)];
    rig.send(&chunks[0]).await;
    until("texts leave", || rig.smsc.stats().submits > 60).await;
    proxy.be_gone(true);
    assert!(rig.said.count(Outcome::HandedOver) < usize::from(TEXTS));
    tokio::time::sleep(GONE).await;
    proxy.be_gone(false);
    rig.play(&chunks, "all is delivered", |rig| {
        assert!(!rig.kit.cx("dispatch").stopping().is_cancelled());
        rig.said.count(Outcome::Delivered) == usize::from(TEXTS)
    })
    .await;
    rig.stub.all_closed().await;
    assert_eq!(rig.said.count(Outcome::Unknown), 0);
    let verdict = rig.stop().await;
    assert_eq!((verdict.texts, verdict.texts_twice), (u64::from(TEXTS), 0));
}
