//! Texts of which nobody can say whether they left are looked up at a real HTTP server that stands for Twilio.

use std::time::Duration;

use channels::simulator::{Delay, SmscOptions, TwilioApi, TwilioOptions};
use contract::Mode;
use contract::dispatch::SendChunk;
use contract::ids::MessageId;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::rig::{Rig, Wish, kind};

mod found;
mod tries;

/// `more`: further settings; `not_taken_after`: of the account, in seconds.
async fn start(not_taken_after: u32, more: Vec<(&'static str, Value)>) -> (Rig, TwilioApi) {
    let options = TwilioOptions {
        carrier: SmscOptions {
            // Long enough to be looked up before, also on a busy machine.
            receipt_delay_ms: Delay {
                min: 5000,
                max: 5000,
            },
            ..kind()
        },
        ..TwilioOptions::default()
    };
    let api = TwilioApi::start(([127, 0, 0, 1], 0).into(), options.clone()).unwrap();
    let account = json!({
        "kind": "twilio", "base_url": api.url(), "account_sid": options.account_sid,
        "auth_token": options.auth_token, "timeout_seconds": 1, "not_taken_after_seconds": not_taken_after,
    });
    let mut settings = vec![
        ("dispatch.providers.tw", account),
        ("dispatch.look_up.first_after_seconds", json!(1)),
        ("dispatch.breaker.in_a_row", json!(0)),
    ];
    settings.extend(more);
    let rig = Rig::start(Wish {
        smsc: kind(),
        settings,
        ..Wish::default()
    })
    .await;
    in_time(&rig, &api);
    (rig, api)
}

/// The carrier's clock goes with the tests'.
fn in_time(rig: &Rig, api: &TwilioApi) {
    let here = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let here = i64::try_from(here.unwrap().as_millis()).unwrap();
    api.set_clock_ahead(rig.kit.clock.millis().0 - here);
}

fn live(rig: &Rig, chunk: u32, count: u16) -> SendChunk {
    let mut chunk = rig.chunk(chunk, 0..count);
    chunk.head.mode = Mode::Live;
    chunk
}

async fn rows(rig: &Rig, sql: &str) -> i64 {
    let db = rig.db();
    let row = db.read().query_one_raw(db.engine().sql(sql, [])).await;
    row.unwrap().unwrap().try_get("", "n").unwrap()
}

async fn shown(rig: &Rig, message: MessageId) -> Value {
    let path = format!("/v1/messages/{message}/dispatch");
    rig.kit.get(&path).await.1
}

async fn eventually(
    rig: &Rig,
    what: &str,
    reached: impl Fn(&Value) -> bool,
    message: MessageId,
) -> Value {
    let begun = std::time::Instant::now();
    loop {
        let last = shown(rig, message).await;
        if reached(&last) {
            return last;
        }
        let patient = begun.elapsed() < Duration::from_secs(30);
        assert!(patient, "waited in vain until {what}: {last}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
