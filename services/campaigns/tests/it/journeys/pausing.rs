//! A pause that is said while a pass is under way.

use chassis::Engine;
use sea_orm::ConnectionTrait;

use super::*;
use crate::appointments::until;
use crate::locks::{hold, until_waiting};

fn order(id: &str, person: u32) -> Value {
    event(id, "order.placed", person, &json!({"order": id}))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_has_read_a_running_journey_starts_nothing_once_its_pause_is_answered() {
    let kit = kit(10).await;
    let id = published(&kit, TWO_TEXTS).await;
    let of = |what: &str| format!("/v1/journeys/{id}/{what}");
    // The pass has read the journey, and waits to hear who the people are.
    fake::world(kit.tenant).recipients_wait = true;
    tell(&kit, &[order("o1", 1)]).await;
    until("contacts is asked", async || {
        fake::world(kit.tenant).recipients_asked > 0
    })
    .await;
    assert_eq!(kit.post(&of("pause"), json!({})).await.0, 200);
    fake::world(kit.tenant).recipients_wait = false;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(runs(&kit, &id).await, [json!(null); 0]);
    assert_eq!(kit.post(&of("resume"), json!({})).await.0, 200);
    until_runs(&kit, &id, |runs| runs.len() == 1).await;
    until("its text", async || {
        fake::world(kit.tenant).flow_texts.len() == 1
    })
    .await;
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_waits_for_the_pass_that_has_begun_to_write() {
    let kit = kit(10).await;
    if kit.db("campaigns").engine() == Engine::Sqlite {
        // A file has one writer: the pause waits for it anyway.
        return kit.stop().await;
    }
    // Without texts: their outcomes would be passes of their own.
    let waits = "journey: v1\nname: waits\npurpose: informational\ntrigger: {event: order.placed, key: event.order}\n\
        steps:\n  - {id: pause, wait: {for: PT1H}}\n";
    let id = published(&kit, waits).await;
    tell(&kit, &[order("o0", 1)]).await;
    until_runs(&kit, &id, |runs| runs.len() == 1).await;
    super::schedules::until_none_waits(&kit).await;
    // The next pass wants the runs of its people, and nothing else does.
    let held = hold(&kit, "select id from journey_run for update").await;
    tell(&kit, &[order("o1", 1)]).await;
    until_waiting(&kit, 1).await;
    // The pause as another process writes it.
    let there = kit.db("campaigns");
    let paused = tokio::spawn(async move {
        let pause = "update journey set state = 'paused'";
        there.read().execute_unprepared(pause).await
    });
    until_waiting(&kit, 2).await;
    held.commit().await.unwrap();
    paused.await.unwrap().unwrap();
    assert_eq!(runs(&kit, &id).await.len(), 2, "the pass has ended");
    tell(&kit, &[order("o2", 2)]).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(runs(&kit, &id).await.len(), 2);
    kit.stop().await;
}
