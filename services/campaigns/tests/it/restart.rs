//! The service stops and starts again in the middle of a run.

use crate::fake;
use crate::story::*;

#[tokio::test]
async fn a_run_goes_on_after_a_restart_with_the_same_audience() {
    let people = 25_000;
    let kit = kit(people).await;
    fake::world(kit.tenant).deaf = true;
    let id = launched(&kit).await;
    until(&kit, &id, |progress| {
        progress["chunks"]["released"].as_u64() > Some(5)
    })
    .await;
    // Before the restart: what is hurried again right after it must not be lost a second time.
    fake::world(kit.tenant).deaf = false;
    let kit = kit.restart().await;
    // What was lost on the way is released again, without waiting for its full timeout.
    let progress = until_state(&kit, &id, "completed").await;
    assert_eq!(
        (
            progress["recipients"].as_u64(),
            progress["handed_over"].as_u64()
        ),
        (Some(25_000), Some(expected(people).2))
    );
    kit.stop().await;
}

#[tokio::test]
async fn a_freeze_goes_on_after_a_restart_and_everybody_is_in_once() {
    let people = 25_000;
    let kit = kit(people).await;
    // Below the five seconds for which an answer is waited for, and long enough to see the first page alone.
    fake::world(kit.tenant).page_takes = 1_500;
    let id = launched(&kit).await;
    let frozen = until(&kit, &id, |progress| progress["recipients"] != 0).await;
    assert_eq!(
        (&frozen["state"], frozen["recipients"].as_u64()),
        (&"preparing".into(), Some(10_240))
    );
    let kit = kit.restart().await;
    fake::world(kit.tenant).page_takes = 0;
    let progress = until_state(&kit, &id, "completed").await;
    assert_eq!(progress["handed_over"].as_u64(), Some(expected(people).2));
    while fake::world(kit.tenant).closed.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(fake::world(kit.tenant).started.len(), 1);
    kit.stop().await;
}

#[tokio::test]
async fn a_run_survives_the_loss_of_the_jetstream_folder() {
    let people = 25_000;
    let mut kit = kit(people).await;
    fake::world(kit.tenant).chunk_takes = 50;
    let id = launched(&kit).await;
    until(&kit, &id, |progress| {
        progress["chunks"]["settled"].as_u64() > Some(3)
    })
    .await;
    kit.lose_jetstream().await;
    fake::world(kit.tenant).chunk_takes = 0;
    // Streams are made anew by whoever misses them; then the clock brings back what was lost.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    kit.clock.advance(chrono::Duration::minutes(1));
    let progress = until_state(&kit, &id, "completed").await;
    assert_eq!(progress["handed_over"].as_u64(), Some(expected(people).2));
    kit.stop().await;
}
