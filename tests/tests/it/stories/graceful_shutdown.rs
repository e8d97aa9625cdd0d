//! SIGTERM in the middle: what is in flight is finished, nothing becomes unknown, the next start goes on.

use std::time::Duration;

use super::world::{World, assert_sums, people, sum, wait_for};

#[tokio::test(flavor = "multi_thread")]
async fn a_sigterm_finishes_what_is_in_flight_and_the_next_start_goes_on() {
    let mut world = World::start(&[
        ("HAILMAST_DISPATCH__LANE__SEGMENTS_PER_SECOND", "800"),
        ("HAILMAST_BUS__ACK_WAIT_MS", "2000"),
        ("HAILMAST_CAMPAIGNS__RESTART_GRACE_MS", "500"),
    ]);
    let campaign = world.prepare(&people(3000)).await;
    world.launch(&campaign).await;
    for _ in 0..3 {
        let before = world
            .progress(&campaign)
            .await
            .map_or(0, |seen| sum(&seen["handed_over"]));
        wait_for("some texts", Duration::from_secs(30), async || {
            (sum(&world.progress(&campaign).await?["handed_over"]) >= (before + 200).min(2900))
                .then_some(())
        })
        .await;
        let (code, took) = world.terminate();
        assert_eq!(code, 0, "{}", world.log());
        assert!(took < Duration::from_secs(20), "stopping took {took:?}");
        world.boot();
    }
    let progress = world.completed(&campaign, Duration::from_secs(90)).await;
    assert_sums(&progress);
    let verdict = world.verdict();

    assert_eq!(sum(&progress["unknown"]), 0, "{progress}");
    assert_eq!(sum(&progress["handed_over"]), 3000, "{progress}");
    assert_eq!(
        (verdict.texts, verdict.texts_twice),
        (3000, 0),
        "{verdict:?}"
    );
}
