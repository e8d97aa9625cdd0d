//! A provider is down, is gone around, is probed and comes back.

use std::time::Duration;

use channels::simulator::{Smsc, SmscOptions, TwilioApi, TwilioOptions, judge};
use contract::Mode;
use contract::chunk::Outcome;
use contract::ids::MessageId;
use serde_json::{Value, json};
use testkit::Client;

use crate::rig::{Rig, Wish, kind};

const TEXTS: u16 = 5;

struct Scene {
    rig: Rig,
    client: Client,
    /// Texts sent so far, a chunk for each [`TEXTS`].
    chunks: u32,
}

impl Scene {
    /// Sends a chunk; how the first of its texts left.
    async fn send(&mut self) -> Value {
        let number = self.chunks;
        self.chunks += 1;
        let mut chunk = self.rig.chunk(number, 0..TEXTS);
        chunk.head.mode = Mode::Live;
        self.rig.send(&chunk).await;
        let sent = self.chunks as usize * usize::from(TEXTS);
        // On a busy machine a permit may run out before its text has left; the text is held then.
        let chunks = std::slice::from_ref(&chunk);
        let left = |rig: &Rig| {
            rig.said.count(Outcome::Delivered) + rig.said.count(Outcome::HandedOver) == sent
        };
        self.rig.play(chunks, "they have left", left).await;
        let message = MessageId::of(self.rig.run, number, 0);
        let path = format!("/v1/messages/{message}/dispatch");
        self.client.get(&path).await.unwrap()
    }

    /// How the breaker of the first provider stands, and how often it has opened.
    async fn breaker(&self) -> (String, u64) {
        let seen = self.client.get("/v1/providers").await.unwrap();
        let first = &seen["data"][0];
        assert_eq!(first["name"], "acme", "{seen}");
        let state = first["breaker"].as_str().unwrap().to_string();
        (state, first["breaker_opened"].as_u64().unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_goes_down_is_gone_around_probed_and_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let logs = ["first", "again", "spare"].map(|name| folder.path().join(name));
    let logging = |log: &std::path::PathBuf| SmscOptions {
        log: Some(log.clone()),
        ..kind()
    };
    let api = |log, address: &str| {
        let options = TwilioOptions {
            carrier: logging(log),
            ..TwilioOptions::default()
        };
        TwilioApi::start(address.parse().unwrap(), options).unwrap()
    };
    let first = api(&logs[0], "127.0.0.1:0");
    let address = first.address().to_string();
    let account = json!({"kind": "twilio", "base_url": first.url(), "timeout_seconds": 1,
        "account_sid": TwilioOptions::default().account_sid, "auth_token": "token"});
    let spare = Smsc::start(([127, 0, 0, 1], 0).into(), logging(&logs[2])).unwrap();
    let beta = json!({"host": "127.0.0.1", "port": spare.address().port()});
    let rig = Rig::start(Wish {
        smsc: kind(),
        settings: vec![
            ("dispatch.providers.acme", account),
            ("dispatch.providers.beta", beta),
            ("dispatch.breaker.in_a_row", json!(2)),
            ("dispatch.breaker.open_ms", json!(2500)),
            ("dispatch.breaker.longest_open_ms", json!(2500)),
            ("dispatch.breaker.probes", json!(2)),
        ],
        ..Wish::default()
    })
    .await;
    // Half of it is how long a provider that is down may keep a text from the next one.
    rig.stub.with(|state| state.good_for_ms = 1500);
    let client = rig.kit.with_key(&rig.kit.live_key);
    for (name, provider, priority) in [("main", "acme", 1), ("spare", "beta", 2)] {
        let route = json!({"name": name, "provider": provider, "priority": priority});
        client.post("/v1/routes", &route).await.unwrap();
    }
    let mut scene = Scene {
        rig,
        client,
        chunks: 0,
    };
    assert_eq!(scene.send().await["provider"], "acme");
    assert_eq!(scene.breaker().await, ("closed".to_string(), 0));

    let nobody = tokio::net::TcpSocket::new_v4().unwrap();
    first.stop().await;
    // Its port must not become another test's server meanwhile.
    nobody.set_reuseaddr(true).unwrap();
    nobody.bind(address.parse().unwrap()).unwrap();
    // Each of these was tried over the first one before.
    while scene.breaker().await.1 == 0 {
        let shown = scene.send().await;
        assert_eq!(shown["provider"], "beta", "{shown}");
        assert!(scene.chunks < 20, "it does not open: {shown}");
    }
    // Then nothing is: the reason is the open breaker, or a probe that failed.
    let passed = loop {
        let shown = scene.send().await;
        assert_eq!(shown["provider"], "beta", "{shown}");
        let passed = shown["routed"]["passed"][0].clone();
        if passed["why"] == "circuit_open" {
            break passed;
        }
        assert!(scene.chunks < 40, "it is not gone around: {shown}");
    };
    assert_ne!(passed["tried"], true, "{passed}");

    drop(nobody);
    let first = api(&logs[1], &address);
    testkit::eventually("it is to be probed", async || {
        (scene.breaker().await.0 == "half_open").then_some(())
    })
    .await;
    let begun = std::time::Instant::now();
    while scene.breaker().await.0 != "closed" {
        scene.send().await;
        assert!(begun.elapsed() < Duration::from_secs(45), "it stays open");
    }
    let shown = scene.send().await;
    assert_eq!(shown["provider"], "acme", "{shown}");

    let sent = u64::from(scene.chunks) * u64::from(TEXTS);
    scene.rig.stub.all_closed().await;
    scene.rig.stop().await;
    first.stop().await;
    spare.stop().await;
    let verdicts = logs.map(|log| judge(&log, "You are unsubscribed").unwrap());
    let texts: u64 = verdicts.iter().map(|verdict| verdict.texts).sum();
    let twice: u64 = verdicts.iter().map(|verdict| verdict.texts_twice).sum();
    assert_eq!(
        (texts, twice),
        (sent, 0),
        "each over one carrier: {verdicts:?}"
    );
}
