//! The connection to PostgreSQL is cut in COMMIT: nobody is told whether it was carried out.

use std::collections::BTreeSet;

use contract::chunk::Outcome;
use contract::ids::MessageId;
use dispatch::money::db::spend;
use futures::StreamExt;
use serde_json::{Value, json};

use super::proxy::{Cut, Proxy};
use crate::rig::{Rig, SENDER, Wish, kind, until};

async fn rig(proxy: &Proxy) -> Rig {
    Rig::start(Wish {
        smsc: kind(),
        settings: vec![
            ("database.url", json!(proxy.url)),
            ("dispatch.sends.answer_within_ms", json!(5000)),
            // Slow enough for a good many commits.
            ("dispatch.lane.segments_per_second", json!(300)),
        ],
        ..Wish::default()
    })
    .await
}

fn text(number: u32) -> Value {
    json!({ "to": { "phone": format!("+1500555{number:04}") }, "class": "otp", "sender": SENDER,
            "text": format!("Code {number}"), "dedup_key": format!("k{number}") })
}

#[tokio::test(flavor = "multi_thread")]
async fn outcomes_whose_commits_are_cut_are_neither_lost_nor_counted_twice() {
    if testkit::database_url().is_none() {
        return;
    }
    let proxy = Proxy::start().await;
    let rig = rig(&proxy).await;
    let prices = json!({"prices": [
        {"provider": "simulator", "country": "US", "micros": 1000, "currency": "USD"}]});
    assert_eq!(rig.kit.put("/v1/prices", prices).await.0, 200);
    proxy.cut_every(3);
    let chunks = [0, 1, 2, 3, 4, 5].map(|chunk| rig.chunk(chunk, 0..100));
    for chunk in &chunks {
        rig.send(chunk).await;
    }
    rig.play(&chunks, "all is delivered", |rig| {
        rig.said.count(Outcome::Delivered) == 600
    })
    .await;
    rig.stub.all_closed().await;
    proxy.cut_every(0);
    assert!(proxy.made() >= 4, "only {} commits were cut", proxy.made());
    let path = format!("/v1/messages/{}/dispatch", MessageId::of(rig.run, 3, 70));
    let (_, shown) = rig.kit.get(&path).await;
    assert_eq!(shown["outcome"], "delivered", "{shown}");
    // What is added up is what a repeated commit would add twice.
    testkit::eventually("what was spent is counted", || async {
        let (_, seen) = rig.kit.get("/v1/spend").await;
        (seen["data"][0]["texts"] == 600).then_some(())
    })
    .await;
    let db = rig.db();
    assert_eq!(spend::recount(db.engine(), db.read()).await.unwrap(), []);
    assert_eq!(rig.kit.dead_letters().await, 0);
    let verdict = rig.stop().await;
    assert_eq!((verdict.texts, verdict.texts_twice), (600, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acceptance_whose_commit_is_cut_is_looked_up_before_it_is_refused() {
    if testkit::database_url().is_none() {
        return;
    }
    let proxy = Proxy::start().await;
    let rig = rig(&proxy).await;
    // Of the commits of a service that rests, the next is that of the acceptance, or else of some housekeeping.
    let mut sent = 0_u32;
    let rests = async |sent: usize| {
        until("all are delivered", || {
            rig.said.count(Outcome::Delivered) == sent
        })
        .await;
        rig.stub.all_closed().await;
    };
    for _ in 0..4 {
        proxy.cut_next(Cut::Behind);
        let (status, answer) = rig.kit.post("/v1/messages", text(1000 + sent)).await;
        assert_eq!(status, 202, "{answer}");
        sent += 1;
        rests(sent as usize).await;
    }
    assert_eq!(proxy.made(), 4);
    let refused = loop {
        assert!(sent < 40, "no acceptance was cut");
        proxy.cut_next(Cut::Before);
        let (status, answer) = rig.kit.post("/v1/messages", text(1000 + sent)).await;
        if status != 202 {
            break (status, answer["code"].clone());
        }
        sent += 1;
        rests(sent as usize).await;
    };
    assert_eq!(refused, (503, json!("message.not_accepted")));
    let (status, answer) = rig.kit.post("/v1/messages", text(1000 + sent)).await;
    assert_eq!(status, 202, "{answer}");
    rests(sent as usize + 1).await;
    let verdict = rig.stop().await;
    assert_eq!(
        (verdict.texts, verdict.texts_twice),
        (u64::from(sent) + 1, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_the_api_leave_once_while_commits_are_cut_and_callers_try_again() {
    const TEXTS: u32 = 40;
    if testkit::database_url().is_none() {
        return;
    }
    let proxy = Proxy::start().await;
    let rig = rig(&proxy).await;
    proxy.cut_every(4);
    let post = async |number: u32| {
        testkit::eventually("it is accepted", || async {
            let (status, sent) = rig.kit.post("/v1/messages", text(number)).await;
            assert!(matches!(status, 200 | 202 | 500 | 503), "{status} {sent}");
            sent["id"].as_str().map(str::to_string)
        })
        .await
    };
    let posts = futures::stream::iter((1000..1000 + TEXTS).map(post));
    let ids: BTreeSet<String> = posts.buffer_unordered(4).collect().await;
    assert_eq!(ids.len(), TEXTS as usize);
    until("all are delivered", || {
        rig.said.count(Outcome::Delivered) == TEXTS as usize
    })
    .await;
    assert!(proxy.made() >= 4, "only {} commits were cut", proxy.made());
    proxy.cut_every(0);
    rig.stub.all_closed().await;
    let verdict = rig.stop().await;
    assert_eq!((verdict.texts, verdict.texts_twice), (u64::from(TEXTS), 0));
}
