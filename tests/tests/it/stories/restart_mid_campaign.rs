//! kill -9 at random points, of the whole process and of its nats-server.

use std::time::Duration;

use super::world::{World, assert_sums, people, sum, wait_for};

const KILLS: u32 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn twenty_kills_lose_nothing_and_text_nobody_twice() {
    let mut world = World::start(&[
        ("HAILMAST_DISPATCH__LANE__SEGMENTS_PER_SECOND", "300"),
        ("HAILMAST_BUS__ACK_WAIT_MS", "2000"),
        ("HAILMAST_CAMPAIGNS__RELEASE_TIMEOUT_MS", "3000"),
        ("HAILMAST_CAMPAIGNS__RESTART_GRACE_MS", "1500"),
    ]);
    let people = people(6000);
    let campaign = world.prepare(&people).await;
    world.launch(&campaign).await;
    // The same waits in every run: a failure can be told again.
    let mut random = 0x2026_1123_u64;
    let mut stops = 0;
    for kill in 0..KILLS {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let wait = 200 + (random >> 33) % 1000;
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let phone = &people[usize::try_from((random >> 20) % 6000).unwrap()];
        world.text_in(phone, "STOP");
        stops += 1;
        if kill % 3 == 2 {
            world.kill_nats();
            tokio::time::sleep(Duration::from_millis(wait / 4)).await;
        } else {
            world.kill();
            world.boot();
        }
        assert!(
            world.is_up(),
            "the process ended by itself:\n{}",
            world.log()
        );
    }
    let progress = world.completed(&campaign, Duration::from_secs(180)).await;
    wait_for(
        "the answers to every STOP",
        Duration::from_secs(30),
        async || (world.carrier_stats()["replies_answered"].as_u64()? >= stops).then_some(()),
    )
    .await;
    let funnel = world.funnel(&campaign, Duration::from_secs(15)).await;
    // The last confirmations may wait for a redelivery.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_sums(&progress);
    let verdict = world.verdict();
    let (handed_over, unknown) = (sum(&progress["handed_over"]), sum(&progress["unknown"]));
    println!(
        "{KILLS} kills: {handed_over} handed over, {unknown} unknown, {progress}\n{funnel}\n{verdict:?}"
    );

    assert_eq!(
        (verdict.texts_twice, verdict.texts_after_confirmed_stop),
        (0, 0),
        "{verdict:?}"
    );
    // A kill between permit and submit leaves a confirmation unknown; it is never sent again.
    assert!(verdict.confirmations * 2 > verdict.stops, "{verdict:?}");
    assert!(
        verdict.texts >= handed_over,
        "a text was called handed over and is not there: {progress} {verdict:?}"
    );
    assert!(
        verdict.texts <= handed_over + unknown,
        "a text left without a trace: {progress} {verdict:?}"
    );
    assert_eq!(sum(&progress["pending"]), 0, "{progress}");
    assert_eq!(
        sum(&funnel["handed_over"]),
        handed_over,
        "analytics equals the ledger: {funnel} {progress}"
    );
    assert_eq!(sum(&funnel["unknown"]), unknown, "{funnel} {progress}");
}
