//! Several live carriers: routes, failover within a permit's life, pools.

use channels::simulator::{Smsc, SmscOptions, TwilioApi, TwilioOptions};
use contract::Mode;
use contract::chunk::Outcome;
use contract::dispatch::SendChunk;
use contract::ids::MessageId;
use serde_json::{Value, json};

use super::rig::{Rig, Wish, arrivals, kind, until};

/// A live carrier over SMPP, and its account.
pub fn carrier(options: SmscOptions) -> (Smsc, Value) {
    let smsc = Smsc::start(([127, 0, 0, 1], 0).into(), options).unwrap();
    let account = json!({"host": "127.0.0.1", "port": smsc.address().port()});
    (smsc, account)
}

pub async fn rig(settings: Vec<(&'static str, Value)>) -> Rig {
    Rig::start(Wish {
        smsc: kind(),
        settings,
        ..Wish::default()
    })
    .await
}

pub fn live(rig: &Rig, chunk: u32, positions: std::ops::Range<u16>) -> SendChunk {
    let mut chunk = rig.chunk(chunk, positions);
    chunk.head.mode = Mode::Live;
    chunk
}

/// With the live key.
pub async fn call(rig: &Rig, method: &str, path: &str, body: Value) -> (u16, Value) {
    let client = rig.kit.with_key(&rig.kit.live_key);
    let body = serde_json::to_vec(&body).unwrap();
    client
        .send(method, path, "application/json", body)
        .await
        .unwrap()
}

pub async fn post(rig: &Rig, path: &str, body: Value) -> (u16, Value) {
    call(rig, "POST", path, body).await
}

pub async fn dispatch(rig: &Rig, chunk: u32, position: u16) -> Value {
    let message = MessageId::of(rig.run, chunk, position);
    let path = format!("/v1/messages/{message}/dispatch");
    call(rig, "GET", &path, Value::Null).await.1
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_go_around_a_carrier_that_is_down_and_the_ledger_says_so() {
    let (one, first) = carrier(SmscOptions {
        refuse_bind: true,
        ..kind()
    });
    let (two, second) = carrier(kind());
    let rig = rig(vec![
        ("dispatch.providers.acme", first),
        ("dispatch.providers.beta", second),
    ])
    .await;
    for (name, provider, priority) in [("main", "acme", 1), ("spare", "beta", 2)] {
        let body =
            json!({"name": name, "provider": provider, "countries": ["US"], "priority": priority});
        let (status, made) = post(&rig, "/v1/routes", body).await;
        assert_eq!(status, 201, "{made}");
    }
    rig.send(&live(&rig, 0, 0..100)).await;
    until("all is delivered", || {
        rig.said.count(Outcome::Delivered) == 100
    })
    .await;
    let shown = dispatch(&rig, 0, 7).await;
    assert_eq!(
        (&shown["provider"], &shown["routed"]["route"]),
        (&json!("beta"), &json!("spare"))
    );
    assert_eq!(shown["routed"]["passed"][0]["route"], "main");
    let question = json!({"to": "+12125550100", "sender": "+15005550006", "class": "marketing"});
    let (_, why) = post(&rig, "/v1/routes/explain", question).await;
    assert_eq!(why["chosen"]["route"], "spare", "{why}");
    assert_eq!(why["candidates"][0]["why_not"], "link_down", "{why}");
    rig.stub.all_closed().await;
    rig.stop().await;
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_surely_did_not_leave_is_tried_over_the_next_carrier_with_the_same_permit() {
    let options = TwilioOptions {
        carrier: kind(),
        ..TwilioOptions::default()
    };
    let api = TwilioApi::start(([127, 0, 0, 1], 0).into(), options.clone()).unwrap();
    let account = json!({"kind": "twilio", "base_url": api.url(), "account_sid": options.account_sid,
        "auth_token": "wrong", "timeout_seconds": 1});
    let (two, second) = carrier(kind());
    let rig = rig(vec![
        ("dispatch.providers.acme", account),
        ("dispatch.providers.beta", second),
    ])
    .await;
    for (name, provider, priority) in [("main", "acme", 1), ("spare", "beta", 2)] {
        let body = json!({"name": name, "provider": provider, "priority": priority});
        assert_eq!(post(&rig, "/v1/routes", body).await.0, 201);
    }
    rig.send(&live(&rig, 0, 0..3)).await;
    until("all is delivered", || {
        rig.said.count(Outcome::Delivered) == 3
    })
    .await;
    assert_eq!(
        rig.stub.with(|state| state.asks),
        1,
        "one permit each, asked for once"
    );
    let shown = dispatch(&rig, 0, 1).await;
    assert_eq!(shown["provider"], "beta", "{shown}");
    assert_eq!(shown["routed"]["passed"][0]["tried"], true, "{shown}");
    assert_eq!(
        shown["routed"]["passed"][0]["why"], "CARRIER_ACCOUNT",
        "{shown}"
    );
    rig.stub.all_closed().await;
    rig.stop().await;
    api.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_may_have_left_is_never_tried_elsewhere() {
    let (one, mut first) = carrier(kind());
    first["response_timeout_seconds"] = json!(1);
    let (two, second) = carrier(kind());
    let rig = rig(vec![
        ("dispatch.providers.acme", first),
        ("dispatch.providers.beta", second),
    ])
    .await;
    for (name, provider, priority) in [("main", "acme", 1), ("spare", "beta", 2)] {
        let body = json!({"name": name, "provider": provider, "priority": priority});
        assert_eq!(post(&rig, "/v1/routes", body).await.0, 201);
    }
    let mut chunk = live(&rig, 0, 0..1);
    chunk.texts[0].phone = contract::Phone::from_digits(15_005_550_015).unwrap();
    rig.send(&chunk).await;
    until("it is unknown", || rig.said.count(Outcome::Unknown) == 1).await;
    rig.stub.all_closed().await;
    let shown = dispatch(&rig, 0, 0).await;
    assert_eq!(shown["provider"], "acme", "{shown}");
    rig.stop().await;
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_keeps_the_sender_of_their_pool_and_a_hole_is_told() {
    let (one, first) = carrier(kind());
    let rig = rig(vec![("dispatch.providers.acme", first)]).await;
    let senders = ["+13055550100", "+14155550100"];
    let body = json!({"name": "main", "senders": senders, "strategy": "spread"});
    let (status, pool) = post(&rig, "/v1/sender-pools", body).await;
    assert_eq!(status, 201, "{pool}");
    let mut chunk = live(&rig, 0, 0..64);
    chunk.head.sender = "pool:main".to_string();
    rig.send(&chunk).await;
    until("all is delivered", || {
        rig.said.count(Outcome::Delivered) == 64
    })
    .await;
    let mut used = std::collections::BTreeSet::new();
    for position in 0..64 {
        let shown = dispatch(&rig, 0, position).await;
        used.insert(
            shown["routed"]["sender"]
                .as_str()
                .unwrap_or_default()
                .to_string(),
        );
    }
    assert_eq!(used, senders.map(String::from).into());
    // A pool that shrinks moves its people to who is left.
    let path = format!("/v1/sender-pools/{}", pool["id"].as_str().unwrap());
    let less = json!({"name": "main", "senders": [senders[0]]});
    assert_eq!(call(&rig, "PUT", &path, less).await.0, 200);
    let mut again = live(&rig, 1, 0..4);
    again.head.sender = "pool:main".to_string();
    rig.send(&again).await;
    until("more are delivered", || {
        rig.said.count(Outcome::Delivered) == 68
    })
    .await;
    assert_eq!(dispatch(&rig, 1, 2).await["routed"]["sender"], senders[0]);
    // Nothing takes texts to the United States now.
    let route = json!({"name": "de", "provider": "acme", "countries": ["DE"]});
    assert_eq!(post(&rig, "/v1/routes", route).await.0, 201);
    rig.send(&live(&rig, 2, 0..1)).await;
    until("it has failed", || rig.said.count(Outcome::Failed) == 1).await;
    rig.stop().await;
    one.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_routes_are_refused_with_codes_and_others_cannot_see_a_route() {
    let (one, first) = carrier(kind());
    let rig = rig(vec![("dispatch.providers.acme", first)]).await;
    let codes = |answer: &Value| -> Vec<String> {
        let errors = answer["errors"].as_array().cloned().unwrap_or_default();
        errors
            .iter()
            .map(|one| one["code"].as_str().unwrap_or_default().to_string())
            .collect()
    };
    let bad = json!({"name": "r", "provider": "nobody", "prefixes": ["0"]});
    let (status, answer) = post(&rig, "/v1/routes", bad).await;
    assert_eq!(
        (status, codes(&answer)),
        (
            422,
            vec![
                "route.provider_unknown".into(),
                "route.prefix_invalid".into()
            ]
        )
    );
    let nothing = json!({"name": "r", "provider": "acme", "weight": 0});
    let (status, answer) = post(&rig, "/v1/routes", nothing).await;
    assert_eq!(
        (status, codes(&answer)),
        (422, vec!["route.no_weight".into()])
    );
    let sound = json!({"name": "r", "provider": "acme", "operators": ["telco"]});
    let (status, made) = post(&rig, "/v1/routes", sound.clone()).await;
    assert_eq!(status, 201);
    assert_eq!(
        post(&rig, "/v1/routes", sound).await.1["code"],
        "route.name_taken"
    );
    let path = format!("/v1/routes/{}", made["id"].as_str().unwrap());
    assert_eq!(
        rig.kit.get(&path).await.0,
        404,
        "a test key sees no live route"
    );
    let lookup = json!({"numbers": [{"phone": "+12125550100", "operator": "telco"}]});
    assert_eq!(post(&rig, "/v1/number-lookups", lookup).await.0, 200);
    let question = json!({"to": "+12125550100", "sender": "A", "class": "otp"});
    let (_, why) = post(&rig, "/v1/routes/explain", question).await;
    assert_eq!(
        (&why["operator"], &why["chosen"]["route"]),
        (&json!("telco"), &json!("r"))
    );
    assert_eq!(call(&rig, "DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(call(&rig, "DELETE", &path, Value::Null).await.0, 404);
    rig.stop().await;
    one.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_provider_s_texts_leave_by_the_other_until_the_move_ends() {
    let folder = tempfile::tempdir().unwrap();
    let log = |name: &str| folder.path().join(name);
    let logged = |name: &str| SmscOptions {
        log: Some(log(name)),
        ..kind()
    };
    let (one, first) = carrier(logged("acme"));
    let (two, second) = carrier(logged("beta"));
    let rig = rig(vec![
        ("dispatch.providers.acme", first),
        ("dispatch.providers.beta", second),
    ])
    .await;
    // Ten seconds for the first chunk: the move comes while most of it waits.
    let limit = json!({"segments_per_second": 20, "burst": 1});
    let (status, told) = call(&rig, "PUT", "/v1/limits/provider/acme", limit).await;
    assert_eq!(status, 200, "{told}");
    let path = "/v1/traffic/controls/provider/acme";
    for (to, status) in [("simulator", 422), ("nobody", 422), ("acme", 422)] {
        let body = json!({"action": "move", "to": to});
        assert_eq!(call(&rig, "PUT", path, body).await.0, status, "{to}");
    }
    let left = |name: &str| arrivals(&log(name)).len();
    // Without routes, the first by name takes everything.
    rig.send(&live(&rig, 0, 0..200)).await;
    until("some have left by the first", || left("acme") > 20).await;
    let body = json!({"action": "move", "to": "beta", "reason": "it is slow"});
    let (status, told) = call(&rig, "PUT", path, body).await;
    assert_eq!(status, 200, "{told}");
    rig.send(&live(&rig, 1, 0..200)).await;
    until("what comes leaves by the other, past the limit", || {
        left("beta") == 200
    })
    .await;
    assert!(left("acme") < 200);
    assert_eq!(call(&rig, "DELETE", path, Value::Null).await.0, 204);
    rig.send(&live(&rig, 2, 0..10)).await;
    // What was in hand at the first left by it.
    until("all is delivered", || {
        rig.said.count(Outcome::Delivered) == 410
    })
    .await;
    assert_eq!((left("acme"), left("beta")), (210, 200));
    assert_eq!(dispatch(&rig, 1, 7).await["provider"], "beta");
    rig.stop().await;
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn prefixes_and_look_ups_are_listed_in_pages_to_their_tenant_alone() {
    let rig = rig(Vec::new()).await;
    let prefixes = json!({"prefixes": [
        {"prefix": "4917", "operator": "two"}, {"prefix": "1212", "operator": "one"}, {"prefix": "49", "operator": "three"}]});
    assert_eq!(rig.kit.put("/v1/operator-prefixes", prefixes).await.0, 200);
    let numbers = json!({"numbers": [
        {"phone": "+12125550101", "operator": "two"}, {"phone": "+12125550100", "operator": "one"}]});
    assert_eq!(rig.kit.post("/v1/number-lookups", numbers).await.0, 200);
    for (path, field, all) in [
        (
            "/v1/operator-prefixes",
            "prefix",
            &["1212", "49", "4917"][..],
        ),
        (
            "/v1/number-lookups",
            "phone",
            &["+12125550100", "+12125550101"],
        ),
    ] {
        let (mut seen, mut next) = (Vec::new(), format!("{path}?limit=1"));
        loop {
            let (status, page) = rig.kit.get(&next).await;
            assert_eq!(status, 200, "{page}");
            let rows = page["data"].as_array().unwrap();
            seen.extend(
                rows.iter()
                    .map(|row| row[field].as_str().unwrap().to_string()),
            );
            let Some(cursor) = page["next_cursor"].as_str() else {
                break;
            };
            next = format!("{path}?limit=1&cursor={cursor}");
        }
        assert_eq!(seen, all);
        let (status, told) = rig.kit.get(&format!("{path}?cursor=-x")).await;
        assert_eq!((status, &told["code"]), (400, &json!("cursor.invalid")));
        let other = rig.kit.with_key(&rig.kit.other_key);
        assert_eq!(other.get(path).await.unwrap()["data"], json!([]));
    }
    let (_, known) = rig.kit.get("/v1/number-lookups").await;
    assert_eq!(known["data"][0]["operator"], "one");
    assert!(known["data"][0]["at"].is_string());
    rig.stop().await;
}
