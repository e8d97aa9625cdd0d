//! JetStream's whole folder is deleted in the middle of a campaign: the databases are the truth.

use std::time::Duration;

use super::world::{World, assert_sums, people, sum, wait_for};

#[tokio::test(flavor = "multi_thread")]
async fn losing_the_whole_jetstream_folder_loses_and_doubles_nothing() {
    let mut world = World::start(&[
        ("HAILMAST_DISPATCH__LANE__SEGMENTS_PER_SECOND", "500"),
        ("HAILMAST_BUS__ACK_WAIT_MS", "2000"),
        ("HAILMAST_CAMPAIGNS__RELEASE_TIMEOUT_MS", "3000"),
        ("HAILMAST_CAMPAIGNS__RESTART_GRACE_MS", "1500"),
    ]);
    let campaign = world.prepare(&people(3000)).await;
    world.launch(&campaign).await;
    for mark in [300, 1200] {
        wait_for("texts", Duration::from_secs(60), async || {
            (sum(&world.progress(&campaign).await?["handed_over"]) >= mark).then_some(())
        })
        .await;
        world.kill();
        world.kill_nats();
        std::fs::remove_dir_all(world.data().join("nats")).unwrap();
        world.boot();
    }
    let progress = world.completed(&campaign, Duration::from_secs(120)).await;
    let funnel = world.funnel(&campaign, Duration::from_secs(15)).await;
    assert_sums(&progress);
    let verdict = world.verdict();
    let (handed_over, unknown) = (sum(&progress["handed_over"]), sum(&progress["unknown"]));

    assert_eq!(verdict.texts_twice, 0, "{verdict:?}");
    assert_eq!(handed_over + unknown, 3000, "{progress}");
    assert!(
        (handed_over..=handed_over + unknown).contains(&verdict.texts),
        "{progress} {verdict:?}"
    );
    assert_eq!(
        sum(&funnel["handed_over"]),
        handed_over,
        "{funnel} {progress}"
    );
}
