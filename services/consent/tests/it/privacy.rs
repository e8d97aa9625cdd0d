//! Access, erasure, restriction and objection.

use contract::chunk::SlotRef;
use contract::consent::{Keyword, OptOutConfirmed};
use contract::dispatch::ForgetPerson;
use contract::{Class, RunId};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::Kit;
use crate::support::{
    ask, close, grant, listen, next, opt_in, opt_in_all, phone, register, run, silence, text_back,
};

fn slot(run: RunId) -> SlotRef {
    SlotRef {
        run,
        chunk: 0,
        slot: 0,
    }
}

async fn erase(kit: &Kit, n: u64, reference: &str) -> Value {
    let body = json!({"phone": phone(n).to_string(), "reference": reference, "note": "by letter"});
    let (status, body) = kit.post("/v1/privacy/erasures", body).await;
    assert_eq!(status, 200, "{body}");
    body
}

async fn access(kit: &Kit, n: u64) -> Value {
    let (status, body) = kit
        .get(&format!("/v1/privacy/access?phone={}", phone(n).digits()))
        .await;
    assert_eq!(status, 200, "{body}");
    body
}

/// How often the number stands in a table.
async fn rows(kit: &Kit, table: &str, n: u64) -> i64 {
    let db = kit.db("consent");
    let sql = format!(
        "SELECT COUNT(*) FROM {table} WHERE phone = {}",
        phone(n).digits()
    );
    let row = db
        .read()
        .query_one_raw(db.engine().sql(sql, []))
        .await
        .unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

#[tokio::test]
async fn an_erasure_removes_the_person_and_keeps_the_proof() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..3).await;
    let epoch = register(&kit).await;
    grant(&kit, &ask(&kit, slot(run(1)), epoch, &[0, 1, 2])).await;
    close(&kit, epoch, &[slot(run(1))]).await;
    text_back(
        &kit,
        1,
        1,
        "who is this and why do you text me, please leave me alone",
    )
    .await;
    let before = access(&kit, 1).await;
    assert_eq!(
        before["messages"].as_array().map(Vec::len),
        Some(1),
        "{before}"
    );
    assert_eq!(before["decisions"][0]["effect"], "allow");
    assert_eq!(before["consents"][0]["evidence"]["ip"], "203.0.113.9");

    let mut orders = listen::<ForgetPerson>(&kit).await;
    let told = erase(&kit, 1, "r-1").await;
    assert_eq!(told["removed"]["messages"], 1, "{told}");
    assert_eq!(next(&mut orders).await, ForgetPerson { phone: phone(1) });
    assert!(told["kept"].as_array().is_some_and(|kept| kept.len() >= 4));
    for table in [
        "ledger",
        "standing",
        "permit",
        "review",
        "suppression",
        "sent",
        "opt_out",
    ] {
        assert_eq!(rows(&kit, table, 1).await, 0, "{table}");
    }
    assert_eq!(rows(&kit, "permit", 0).await, 1, "others stay");
    let after = access(&kit, 1).await;
    let entries = after["consents"].as_array().unwrap();
    assert_eq!(entries[0]["action"], "opt_in", "the proof stays: {after}");
    assert_eq!(entries.last().unwrap()["action"], "erase");
    assert!(entries.iter().all(|entry| entry["evidence"] == json!({})));
    assert_eq!(
        (&after["standing"]["erased"], &after["messages"]),
        (&json!(true), &json!([]))
    );
    let (_, verified) = kit.get("/v1/ledger/verify").await;
    assert_eq!(verified["verified"], true, "{verified}");
    kit.stop().await;
}

#[tokio::test]
async fn an_erased_person_stays_suppressed_until_they_come_back_themselves() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..1).await;
    let epoch = register(&kit).await;
    erase(&kit, 0, "r-1").await;
    let (status, problem) = kit.post("/v1/consents", opt_in(0)).await;
    assert_eq!(
        (status, &problem["code"]),
        (409, &json!("consent.erased")),
        "{problem}"
    );
    for (n, class) in [(1, Class::Marketing), (2, Class::Transactional)] {
        let mut question = ask(&kit, slot(run(n)), epoch, &[0]);
        question.class = class;
        let told = grant(&kit, &question).await;
        assert_eq!(
            told.refused,
            [("SUPPRESSED_HASH".to_string(), vec![0])],
            "{class:?}"
        );
    }
    // Another import, with a row in place that was made only to be held.
    let (status, _) = kit.post("/v1/consents", opt_in(0)).await;
    assert_eq!(status, 409);
    let kit = kit.restart().await;
    let epoch = register(&kit).await;
    let told = grant(&kit, &ask(&kit, slot(run(3)), epoch, &[0])).await;
    assert_eq!(told.refused, [("SUPPRESSED_HASH".to_string(), vec![0])]);

    assert_eq!(text_back(&kit, 0, 9, "START").await.keyword, Keyword::Start);
    let again = erase(&kit, 0, "r-1").await;
    assert_eq!(
        again["removed"],
        Value::Null,
        "the same request is not carried out twice"
    );
    let back = access(&kit, 0).await;
    assert_eq!(
        (&back["standing"]["erased"], &back["standing"]["programmes"]),
        (&json!(false), &json!(["default"]))
    );
    let mut question = ask(&kit, slot(run(4)), epoch, &[0]);
    question.class = Class::Informational;
    assert_eq!(grant(&kit, &question).await.granted, [0]);
    let (_, verified) = kit.get("/v1/ledger/verify").await;
    assert_eq!(verified["verified"], true, "{verified}");
    kit.stop().await;
}

#[tokio::test]
async fn an_erasure_is_confirmed_once_open_permits_have_closed_and_sends_nothing() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..2).await;
    let epoch = register(&kit).await;
    let mut confirmed = listen::<OptOutConfirmed>(&kit).await;
    let mut sent = listen::<contract::dispatch::SendAnswer>(&kit).await;
    grant(&kit, &ask(&kit, slot(run(1)), epoch, &[0, 1])).await;
    let told = erase(&kit, 0, "r").await;
    silence(&mut confirmed, 300).await;
    close(&kit, epoch, &[slot(run(1))]).await;
    assert_eq!(json!(next(&mut confirmed).await.consent), told["id"]);
    silence(&mut sent, 300).await;
    assert_eq!(rows(&kit, "permit", 0).await, 0);
    assert_eq!(rows(&kit, "opt_out_pending", 0).await, 0);
    kit.stop().await;
}

#[tokio::test]
async fn a_restriction_stops_texts_until_it_ends_and_an_objection_stops_marketing() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..2).await;
    let epoch = register(&kit).await;
    let restrict = |restricted| json!({"phone": phone(0).to_string(), "restricted": restricted});
    let (status, body) = kit.put("/v1/privacy/restrictions", restrict(true)).await;
    assert_eq!((status, body["id"].is_string()), (200, true), "{body}");
    let (_, again) = kit.put("/v1/privacy/restrictions", restrict(true)).await;
    assert_eq!(again["id"], Value::Null);
    let told = grant(&kit, &ask(&kit, slot(run(1)), epoch, &[0])).await;
    assert_eq!(
        told.refused,
        [("PROCESSING_RESTRICTED".to_string(), vec![0])]
    );
    kit.put("/v1/privacy/restrictions", restrict(false)).await;
    assert_eq!(
        grant(&kit, &ask(&kit, slot(run(2)), epoch, &[0]))
            .await
            .granted,
        [0]
    );

    let objection = json!({"phone": phone(1).to_string(), "reference": "o-1"});
    let (status, first) = kit.post("/v1/privacy/objections", &objection).await;
    assert_eq!(status, 201, "{first}");
    let (_, second) = kit.post("/v1/privacy/objections", &objection).await;
    assert_eq!(first["id"], second["id"]);
    let told = grant(&kit, &ask(&kit, slot(run(3)), epoch, &[1])).await;
    assert_eq!(told.refused, [("OBJECTED".to_string(), vec![0])]);
    kit.stop().await;
}

#[tokio::test]
async fn requests_without_a_person_are_refused_and_another_tenant_sees_nothing() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..1).await;
    let number = phone(0).to_string();
    for (path, body, status, code) in [
        ("/v1/privacy/erasures", json!({}), 422, "field.required"),
        (
            "/v1/privacy/erasures",
            json!({"phone": "x"}),
            422,
            "phone.invalid",
        ),
        (
            "/v1/privacy/erasures",
            json!({"phone": number, "note": "x".repeat(2_001)}),
            422,
            "field.range",
        ),
        (
            "/v1/privacy/objections",
            json!({"phone": number, "why": "x"}),
            400,
            "field.unknown",
        ),
    ] {
        let (got, problem) = kit.post(path, body).await;
        assert_eq!(
            (got, &problem["code"]),
            (status, &json!(code)),
            "{path}: {problem}"
        );
    }
    let (status, problem) = kit
        .put("/v1/privacy/restrictions", json!({"phone": number}))
        .await;
    assert_eq!((status, &problem["code"]), (422, &json!("field.required")));
    let (status, problem) = kit.get("/v1/privacy/access").await;
    assert_eq!((status, &problem["code"]), (422, &json!("field.required")));
    let other = kit.with_key(&kit.other_key);
    let path = format!("/v1/privacy/access?phone={}", phone(0).digits());
    let seen = other.get(&path).await.unwrap();
    assert_eq!(
        (&seen["consents"], &seen["standing"]["revision"]),
        (&json!([]), &json!(0))
    );
    let theirs = other
        .post("/v1/privacy/erasures", &json!({"phone": number}))
        .await
        .unwrap();
    assert_eq!(theirs["removed"]["entries"], 1, "only their own");
    assert_eq!(
        access(&kit, 0).await["standing"]["programmes"],
        json!(["default"])
    );
    kit.stop().await;
}
