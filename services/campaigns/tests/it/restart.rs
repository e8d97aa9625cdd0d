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
    let kit = kit.restart().await;
    // People who come later do not join a frozen audience; what was lost on the way is released again.
    fake::world(kit.tenant).deaf = false;
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
