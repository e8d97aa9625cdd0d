//! Carriers that refuse, break off, talk nonsense and slow us down: the campaign gets through all the same.

use std::time::Duration;

use serde_json::Value;

use super::world::{World, assert_sums, people, sum, wait_for};

const PEOPLE: usize = 2000;

/// Every text is where the ledger says, or where it says that nobody can say.
fn assert_honest(progress: &Value, verdict: &channels::simulator::Verdict) {
    let (handed_over, unknown) = (sum(&progress["handed_over"]), sum(&progress["unknown"]));
    println!("{handed_over} handed over, {unknown} unknown: {verdict:?}");
    assert_sums(progress);
    assert_eq!(sum(&progress["pending"]), 0, "{progress}");
    assert_eq!(verdict.texts_twice, 0, "{verdict:?}");
    assert!(
        verdict.texts >= handed_over,
        "handed over and not there: {progress} {verdict:?}"
    );
    assert!(
        verdict.texts <= handed_over + unknown,
        "left without a trace: {progress} {verdict:?}"
    );
}

async fn run(world: &World) -> Value {
    let campaign = world.prepare(&people(PEOPLE)).await;
    world.launch(&campaign).await;
    let progress = world.completed(&campaign, Duration::from_secs(90)).await;
    let funnel = world.funnel(&campaign, Duration::from_secs(15)).await;
    for state in ["handed_over", "unknown", "failed"] {
        assert_eq!(
            sum(&funnel[state]),
            sum(&progress[state]),
            "{state}: {funnel} {progress}"
        );
    }
    assert!(!world.log().contains("panicked"), "{}", world.log());
    progress
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_refuses_the_bind_gets_everything_once_it_accepts() {
    let mut world = World::with_carrier(&["--refuse-bind"], &[]);
    let campaign = world.prepare(&people(PEOPLE)).await;
    world.launch(&campaign).await;
    wait_for("refused binds", Duration::from_secs(20), async || {
        (world.carrier_log().matches("REFUSED").count() >= 2).then_some(())
    })
    .await;
    let progress = world.progress(&campaign).await.unwrap();
    assert_eq!(sum(&progress["handed_over"]), 0, "{progress}");
    assert_eq!(
        sum(&progress["failed"]),
        0,
        "nothing is given up: {progress}"
    );
    assert!(
        world.log().contains("refused the bind"),
        "the operator is told:\n{}",
        world.log()
    );
    let told = world.tell_carrier("accept");
    assert_eq!(told["ok"], true, "{told}");
    let progress = world.completed(&campaign, Duration::from_secs(90)).await;
    let verdict = world.verdict();
    assert_honest(&progress, &verdict);
    assert_eq!(sum(&progress["handed_over"]), PEOPLE as u64, "{progress}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_mid_window_leaves_no_text_twice_and_none_untold() {
    let world = World::with_carrier(&["--drop-connection-after", "700"], &[]);
    let progress = run(&world).await;
    assert!(
        world.carrier_log().contains(r#""e":"drop""#),
        "it did not break"
    );
    let verdict = world.verdict();
    assert_honest(&progress, &verdict);
    assert!(
        sum(&progress["handed_over"]) >= PEOPLE as u64 / 2,
        "{progress}"
    );
    assert_eq!(sum(&progress["failed"]), 0, "{progress}");
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_from_a_carrier_costs_a_connection_and_nothing_else() {
    let world = World::with_carrier(&["--garbage-after", "500"], &[]);
    let progress = run(&world).await;
    assert!(
        world.log().contains("link lost"),
        "the operator is told:\n{}",
        world.log()
    );
    let verdict = world.verdict();
    assert_honest(&progress, &verdict);
    assert!(
        sum(&progress["handed_over"]) >= PEOPLE as u64 / 2,
        "{progress}"
    );
    assert_eq!(sum(&progress["failed"]), 0, "{progress}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttling_carrier_gets_every_text_once_and_receipts_that_come_twice_count_once() {
    let ways = ["--throttle-every", "7", "--duplicate-receipt-percent", "20"];
    let world = World::with_carrier(&ways, &[]);
    let progress = run(&world).await;
    let verdict = world.verdict();
    assert_honest(&progress, &verdict);
    assert!(verdict.rejected > 100, "it did not throttle: {verdict:?}");
    assert_eq!(sum(&progress["handed_over"]), PEOPLE as u64, "{progress}");
    assert_eq!(
        verdict.delivered + verdict.undelivered,
        PEOPLE as u64,
        "{verdict:?}"
    );
}
