//! What texts cost where several providers, or operators, may be meant.

use channels::simulator::{TwilioApi, TwilioOptions};
use contract::Reason;
use contract::chunk::Outcome;
use contract::dispatch::HandOver;
use serde_json::{Value, json};

use super::rig::{Rig, Wish, kind, until};
use super::routing::{call, carrier, dispatch, live, post};

/// A provider that refuses everything for a fault of our account, and its account.
fn refusing() -> (TwilioApi, Value) {
    let options = TwilioOptions {
        carrier: kind(),
        ..TwilioOptions::default()
    };
    let api = TwilioApi::start(([127, 0, 0, 1], 0).into(), options.clone()).unwrap();
    let account = json!({"kind": "twilio", "base_url": api.url(), "account_sid": options.account_sid,
        "auth_token": "wrong", "timeout_seconds": 1});
    (api, account)
}

async fn routed(first: Value, second: Value) -> Rig {
    let rig = Rig::start(Wish {
        smsc: kind(),
        settings: vec![
            ("dispatch.providers.acme", first),
            ("dispatch.providers.beta", second),
            ("dispatch.retry.most_attempts", json!(1)),
            ("dispatch.breaker.in_a_row", json!(0)),
        ],
        ..Wish::default()
    })
    .await;
    for (name, provider, priority) in [("main", "acme", 1), ("spare", "beta", 2)] {
        let body = json!({"name": name, "provider": provider, "priority": priority});
        assert_eq!(post(&rig, "/v1/routes", body).await.0, 201);
    }
    rig
}

async fn put(rig: &Rig, path: &str, body: Value) {
    let (status, told) = call(rig, "PUT", path, body).await;
    assert!(status < 300, "{told}");
}

fn price(provider: &str, micros: i64) -> Value {
    json!({"provider": provider, "country": "US", "micros": micros, "currency": "USD"})
}

async fn cap(rig: &Rig) -> Value {
    call(rig, "GET", "/v1/spend-caps", Value::Null).await.1["data"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_costs_what_the_provider_takes_that_really_took_it_and_the_cap_holds() {
    for (first, second, texts) in [(1000, 3000, 3), (3000, 1000, 3)] {
        let (api, account) = refusing();
        let (two, beta) = carrier(kind());
        let rig = routed(account, beta).await;
        let prices = json!({"prices": [price("acme", first), price("beta", second)]});
        put(&rig, "/v1/prices", prices).await;
        let limit = json!({"period": "total", "micros": 10_000, "currency": "USD"});
        put(&rig, "/v1/spend-caps", limit).await;
        rig.send(&live(&rig, 0, 0..5)).await;
        until("what the dearest price allows is delivered", || {
            rig.said.count(Outcome::Delivered) == texts
        })
        .await;
        until("the rest is stopped", || {
            rig.said.count(Outcome::Failed) == 5 - texts
        })
        .await;
        let shown = dispatch(&rig, 0, 1).await;
        assert_eq!(
            (&shown["provider"], &shown["cost_micros"]),
            (&json!("beta"), &json!(second)),
            "{shown}"
        );
        let cap = cap(&rig).await;
        let spent = second * i64::try_from(texts).unwrap();
        assert_eq!(
            (&cap["spent_micros"], &cap["reserved_micros"]),
            (&json!(spent), &json!(0)),
            "{cap}"
        );
        let db = rig.db();
        let wrong = dispatch::money::db::spend::recount(db.engine(), db.read()).await;
        assert_eq!(wrong.unwrap(), []);
        rig.stop().await;
        api.stop().await;
        two.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_a_cap_nothing_goes_on_to_a_provider_without_a_price() {
    let (api, account) = refusing();
    let (two, beta) = carrier(kind());
    let rig = routed(account, beta).await;
    put(&rig, "/v1/prices", json!({"prices": [price("acme", 1000)]})).await;
    let limit = json!({"period": "total", "micros": 10_000, "currency": "USD"});
    put(&rig, "/v1/spend-caps", limit).await;
    rig.send(&live(&rig, 0, 0..2)).await;
    until("both failed", || rig.said.count(Outcome::Failed) == 2).await;
    let account = {
        let said = rig.said.hand_overs.lock().unwrap();
        let of = |item: &HandOver| item.reason == Reason::CARRIER_ACCOUNT;
        said.iter().filter(|(_, item)| of(item)).count()
    };
    assert_eq!(account, 2);
    assert_eq!(cap(&rig).await["spent_micros"], 0);
    let path = "/v1/spend-caps?period=total";
    assert_eq!(call(&rig, "DELETE", path, Value::Null).await.0, 204);
    rig.send(&live(&rig, 1, 0..2)).await;
    until("both leave without a cap", || {
        rig.said.count(Outcome::Delivered) == 2
    })
    .await;
    assert_eq!(dispatch(&rig, 1, 1).await["cost_micros"], Value::Null);
    rig.stop().await;
    api.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_of_a_known_operator_costs_that_operator_s_price() {
    let rig = Rig::start(Wish {
        smsc: kind(),
        ..Wish::default()
    })
    .await;
    let of = |operator: Option<&str>, prefix: Option<&str>, micros: i64| {
        json!({"provider": "simulator", "operator": operator, "prefix": prefix, "micros": micros,
            "currency": "USD"})
    };
    let prices = json!({"prices": [of(None, None, 1), of(None, Some("12125"), 2), of(Some("one"), None, 3)]});
    assert_eq!(rig.kit.put("/v1/prices", prices).await.0, 200);
    let chunk = rig.chunk(0, 0..2);
    let numbers =
        json!({"numbers": [{"phone": chunk.texts[0].phone.to_string(), "operator": "one"}]});
    assert_eq!(rig.kit.post("/v1/number-lookups", numbers).await.0, 200);
    rig.send(&chunk).await;
    until("both are delivered", || {
        rig.said.count(Outcome::Delivered) == 2
    })
    .await;
    for (position, micros) in [(0, 3), (1, 2)] {
        let message = contract::ids::MessageId::of(rig.run, 0, position);
        let (_, shown) = rig
            .kit
            .get(&format!("/v1/messages/{message}/dispatch"))
            .await;
        assert_eq!(shown["cost_micros"], micros, "{shown}");
    }
    rig.stop().await;
}
