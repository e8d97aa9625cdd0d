//! Providers call; nothing is believed, and nothing that is believed is lost.

use contract::Payload;
use contract::dispatch::{RecordReceipts, TakeReply};
use sea_orm::ConnectionTrait;
use serde_json::json;
use testkit::Kit;

use crate::call::{PUBLIC, TOKEN, post, signed};
use crate::replies::said;
use crate::stubs::DISPATCH;

const STATUS: &str = "/v1/webhooks/tw?m=01JZZZZZZZZZZZZZZZZZZZZZZZ";
const DELIVERED: &str = "AccountSid=AC1&MessageSid=SM1&MessageStatus=delivered&To=%2B15005550006";

async fn kit() -> Kit {
    let tw = json!({ "kind": "twilio", "account_sid": "AC1", "auth_token": TOKEN, "public_url": PUBLIC });
    let acme = json!({ "kind": "http", "token": "0123456789abcdef", "id": "/id", "state": "/state",
                       "delivered": ["done"] });
    Kit::start_with(&[inbound::SERVICE, DISPATCH], |settings| {
        settings
            .with("inbound.webhooks.tw", tw)
            .with("inbound.webhooks.acme", acme)
    })
    .await
}

async fn kept(kit: &Kit) -> i64 {
    let db = kit.db("inbound");
    let sql = db
        .engine()
        .sql("SELECT COUNT(*) AS n FROM webhook_reply", []);
    let row = db.read().query_one_raw(sql).await.unwrap().unwrap();
    row.try_get("", "n").unwrap()
}

fn reply(id: &str, text: &str) -> String {
    format!(
        "AccountSid=AC1&MessageSid={id}&SmsStatus=received&From=%2B15005550013&To=%2B15005550100&Body={text}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_genuine_receipt_is_told_to_dispatch_before_it_is_answered() {
    let kit = kit().await;
    assert_eq!(signed(&kit, STATUS, DELIVERED).await, 200);
    testkit::eventually("it is told", || async {
        (said::<RecordReceipts>(&kit).await == 1).then_some(())
    })
    .await;
    for _ in 0..20 {
        assert_eq!(signed(&kit, STATUS, DELIVERED).await, 200);
    }
    let (status, _) = kit
        .post(
            "/v1/webhooks/acme?token=0123456789abcdef",
            json!({ "id": 7, "state": "done" }),
        )
        .await;
    assert_eq!(status, 200);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_foreign_broken_and_stray_calls_change_nothing() {
    let kit = kit().await;
    assert_eq!(post(&kit, STATUS, DELIVERED, "AAAA").await, 403);
    assert_eq!(post(&kit, STATUS, DELIVERED, "").await, 403);
    let foreign = DELIVERED.replace("AC1", "AC2");
    assert_eq!(signed(&kit, STATUS, &foreign).await, 403);
    assert_eq!(signed(&kit, STATUS, "AccountSid=AC1").await, 400);
    assert_eq!(signed(&kit, "/v1/webhooks/other", DELIVERED).await, 404);
    let long = format!("{DELIVERED}&Body={}", "a".repeat(300_000));
    assert_eq!(signed(&kit, STATUS, &long).await, 400);
    for (target, body) in [
        ("/v1/webhooks/acme", json!({ "id": 7, "state": "done" })),
        (
            "/v1/webhooks/acme?token=0123456789abcdeX",
            json!({ "id": 7, "state": "done" }),
        ),
    ] {
        assert_eq!(kit.post(target, body).await.0, 403);
    }
    let (status, problem) = kit
        .post(
            "/v1/webhooks/acme?token=0123456789abcdef",
            json!({ "state": "done" }),
        )
        .await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (400, Some("webhook.malformed"))
    );
    assert_eq!(said::<RecordReceipts>(&kit).await, 0);
    assert_eq!(kept(&kit).await, 0);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_answered_once_dispatch_has_it_and_kept_while_it_has_not() {
    let kit = kit().await;
    assert_eq!(
        signed(&kit, "/v1/webhooks/tw", &reply("SM2", "STOP")).await,
        200
    );
    assert_eq!(kept(&kit).await, 0, "what is recorded need not be kept");
    let down = reply("SM3", "dispatch+is+down");
    assert_eq!(signed(&kit, "/v1/webhooks/tw", &down).await, 503);
    assert_eq!(signed(&kit, "/v1/webhooks/tw", &down).await, 503);
    assert_eq!(kept(&kit).await, 1, "it is kept once");
    assert_eq!(TakeReply::NAME, "take_reply");
    kit.stop().await;
}
