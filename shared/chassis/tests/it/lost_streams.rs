//! JetStream is transport: whatever of it is lost, the outbox fills again.

use std::sync::Arc;

use chassis::{Cx, Settings};
use contract::{Envelope, Payload, streams};
use testkit::Kit;

use crate::probe::{self, Marked, act, mark, numbers, until_on_the_bus};

fn looks_often(settings: Settings) -> Settings {
    settings.with("bus.stream_check_seconds", 1)
}

async fn with_an_actor() -> Kit {
    let kit = Kit::start_with(&[probe::SERVICE], looks_often).await;
    let cx = Arc::new(kit.cx("probe").clone());
    let acting = |cx: Arc<Cx>, mark: Envelope<Marked>| async move { act(&cx, "actor", mark).await };
    let consuming = kit.cx("probe").consume("actor", 4, cx, acting);
    consuming.await.unwrap();
    kit
}

async fn until_acted(kit: &Kit, expected: &[i64]) {
    testkit::eventually("the handler acts", async || {
        (numbers(kit, "act").await.len() >= expected.len()).then_some(())
    })
    .await;
    probe::settle().await;
    assert_eq!(numbers(kit, "act").await, expected);
}

async fn lose_the_stream(kit: &Kit) {
    let name = streams::name(Marked::KIND, Marked::OWNER);
    kit.bus.jetstream().delete_stream(name).await.unwrap();
}

#[tokio::test]
async fn a_deleted_stream_is_filled_again_and_handlers_act_once() {
    let kit = with_an_actor().await;
    mark(kit.cx("probe"), kit.tenant, vec![1, 2, 3, 4, 5])
        .await
        .unwrap();
    until_acted(&kit, &[1, 2, 3, 4, 5]).await;
    lose_the_stream(&kit).await;
    until_on_the_bus(&kit, &[1, 2, 3, 4, 5]).await;
    mark(kit.cx("probe"), kit.tenant, vec![6]).await.unwrap();
    until_acted(&kit, &[1, 2, 3, 4, 5, 6]).await;
    kit.stop().await;
}

#[tokio::test]
async fn a_lost_jetstream_folder_is_filled_again_and_handlers_act_once() {
    let mut kit = with_an_actor().await;
    mark(kit.cx("probe"), kit.tenant, vec![1, 2, 3, 4, 5])
        .await
        .unwrap();
    until_acted(&kit, &[1, 2, 3, 4, 5]).await;
    kit.lose_jetstream().await;
    mark(kit.cx("probe"), kit.tenant, vec![6]).await.unwrap();
    until_acted(&kit, &[1, 2, 3, 4, 5, 6]).await;
    kit.stop().await;
}

#[tokio::test]
async fn what_was_said_just_before_the_loss_is_filled_again_too() {
    let kit = Kit::start_with(&[probe::SERVICE], looks_often).await;
    mark(kit.cx("probe"), kit.tenant, vec![1]).await.unwrap();
    until_on_the_bus(&kit, &[1]).await;
    lose_the_stream(&kit).await;
    until_on_the_bus(&kit, &[1]).await;
    kit.stop().await;
}

#[tokio::test]
async fn a_stream_lost_while_nothing_runs_is_filled_again_at_the_start() {
    let mut kit = Kit::start_with(&[probe::SERVICE], looks_often).await;
    mark(kit.cx("probe"), kit.tenant, vec![1, 2]).await.unwrap();
    until_on_the_bus(&kit, &[1, 2]).await;
    kit.lose_jetstream().await;
    let kit = kit.restart().await;
    until_on_the_bus(&kit, &[1, 2]).await;
    kit.stop().await;
}
