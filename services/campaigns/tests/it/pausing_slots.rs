//! Pauses of recurring campaigns that come with their slots.

use std::time::Duration;

use futures::future::join_all;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use testkit::Kit;

use crate::recurring::{daily, occurrences, until_campaign, until_past};
use crate::story::*;

/// Carries out a statement on the service's own tables.
async fn meddle(kit: &Kit, text: &'static str) {
    let db = kit.db("campaigns");
    let write = db.write(move |tx| {
        Box::pin(async move {
            tx.execute_unprepared(text).await?;
            Ok(())
        })
    });
    write.await.unwrap();
}

async fn paused(kit: &Kit) -> String {
    let id = create(kit, daily()).await;
    assert_eq!(ask(kit, &id, "launch").await.0, 202);
    assert_eq!(ask(kit, &id, "pause").await.0, 200);
    id
}

/// It goes on: the slot of the pause was skipped, the next one has its run.
async fn goes_on(kit: &Kit, id: &str, skipped: &[(&str, Value)]) {
    let (status, body) = ask(kit, id, "resume").await;
    assert_eq!((status, &body["state"]), (200, &json!("scheduled")));
    until_past(kit, id, skipped).await;
    kit.clock.advance(chrono::Duration::hours(24));
    let mut wanted = vec![("started", Value::Null)];
    wanted.extend_from_slice(skipped);
    until_past(kit, id, &wanted).await;
}

#[tokio::test]
async fn a_slot_that_fires_while_its_campaign_is_paused_is_judged_at_the_resume() {
    let kit = kit(2).await;
    let id = paused(&kit).await;
    // As if the slot before had set it at the instant of the pause.
    meddle(&kit, "update timer set paused = false").await;
    kit.clock.advance(chrono::Duration::minutes(61));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(occurrences(&kit, &id).await["past"], json!([]));
    goes_on(&kit, &id, &[("skipped", json!("schedule.paused"))]).await;
    kit.stop().await;
}

#[tokio::test]
async fn a_paused_campaign_without_a_timer_goes_on_by_its_rule() {
    let kit = kit(2).await;
    let id = paused(&kit).await;
    meddle(&kit, "delete from timer").await;
    kit.clock.advance(chrono::Duration::minutes(61));
    goes_on(&kit, &id, &[]).await;
    kit.stop().await;
}

#[tokio::test]
async fn pauses_at_the_instant_of_a_slot_end_no_campaign() {
    let kit = kit(2).await;
    let mut all = Vec::new();
    for _ in 0..24 {
        let id = create(&kit, daily()).await;
        assert_eq!(ask(&kit, &id, "launch").await.0, 202);
        all.push(id);
    }
    kit.clock.advance(chrono::Duration::minutes(61));
    let pause = |id: &String| {
        let (kit, id) = (&kit, id.clone());
        async move { ask(kit, &id, "pause").await }
    };
    for (status, body) in join_all(all.iter().map(pause)).await {
        // A run that has begun and ended in between leaves it scheduled: it is paused all the same.
        assert_eq!((status, &body["state"]), (200, &json!("paused")), "{body}");
    }
    kit.clock.advance(chrono::Duration::hours(25));
    tokio::time::sleep(Duration::from_secs(1)).await;
    for id in &all {
        until_campaign(&kit, id, "paused").await;
        assert_eq!(ask(&kit, id, "resume").await.0, 200);
        until_campaign(&kit, id, "scheduled").await;
    }
    kit.stop().await;
}
