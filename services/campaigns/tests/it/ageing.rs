//! Rows of campaigns that are past their time.

use chrono::Duration as Span;
use serde_json::json;

use crate::appointments::until;
use crate::preflight::looked;
use crate::recurring::{occurrences, until_past};
use crate::story::*;

#[tokio::test]
async fn slots_and_preflights_that_are_long_over_are_gone_and_the_last_slot_stays() {
    let kit = kit(20).await;
    let mut body = draft();
    body["schedule"] = json!({"rrule": "FREQ=DAILY;COUNT=2", "start": "2026-06-10T12:00", "timezone": "America/New_York"});
    let id = create(&kit, body).await;
    let seen = looked(&kit, &id).await;
    let preflight = format!(
        "/v1/campaigns/{id}/preflights/{}",
        seen["id"].as_str().unwrap()
    );
    assert_eq!(ask(&kit, &id, "launch").await.0, 202);
    let started = ("started", serde_json::Value::Null);
    kit.clock.advance(Span::hours(1));
    until_past(&kit, &id, &[started]).await;
    kit.clock.advance(Span::days(1));
    // The first run may still be on: then the second slot is skipped.
    let come = async |slots: usize| {
        let seen = occurrences(&kit, &id).await;
        seen["past"].as_array().unwrap().len() == slots
    };
    until("the second slot has come", async || come(2).await).await;
    kit.clock.advance(Span::days(88));
    assert_eq!(kit.get(&preflight).await.0, 200);
    kit.clock.advance(Span::days(3));
    until("the preflight is gone", async || {
        kit.get(&preflight).await.0 == 404
    })
    .await;
    assert!(come(2).await);
    kit.clock.advance(Span::days(800));
    until("the first slot is gone", async || come(1).await).await;
    kit.stop().await;
}
