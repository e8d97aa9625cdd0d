//! A route is changed at one process, and another one goes by it.

use std::time::{Duration, Instant};

use serde_json::json;
use testkit::Client;

use crate::rig::{Rig, Wish, kind};

/// docs/routing.md.
const PROMISE: Duration = Duration::from_secs(1);
const CHANGES: usize = 7;

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_route_is_in_use_in_a_second_process_within_a_second() {
    if testkit::database_url().is_none() {
        return;
    }
    let live = |port: u16| json!({"host": "127.0.0.1", "port": port});
    let rig = Rig::start(Wish {
        smsc: kind(),
        settings: vec![
            ("dispatch.providers.acme", live(1)),
            ("dispatch.providers.beta", live(2)),
        ],
        ..Wish::default()
    })
    .await;
    let beside = rig.kit.beside().await;
    let here = rig.kit.with_key(&rig.kit.live_key);
    let there = Client::new(beside.address, rig.kit.live_key.clone());
    let route = |provider: &str| json!({"name": "main", "provider": provider});
    let made = here.post("/v1/routes", &route("acme")).await.unwrap();
    let path = format!("/v1/routes/{}", made["id"].as_str().unwrap());
    let question = json!({"to": "+12125550100", "sender": "+15005550006", "class": "marketing"});
    let mut took = Vec::new();
    for change in 0..CHANGES {
        let provider = ["beta", "acme"][change % 2];
        let body = serde_json::to_vec(&route(provider)).unwrap();
        let put = here.send("PUT", &path, "application/json", body);
        assert_eq!(put.await.unwrap().0, 200);
        let begun = Instant::now();
        testkit::eventually("the other process goes by it", || async {
            let why = there.post("/v1/routes/explain", &question).await.unwrap();
            (why["chosen"]["provider"] == provider).then_some(())
        })
        .await;
        took.push(begun.elapsed());
    }
    // The middle one, because a busy machine may be late once.
    took.sort();
    assert!(took[CHANGES / 2] <= PROMISE, "{took:?}");
    beside.stop().await.unwrap();
    rig.stop().await;
}
