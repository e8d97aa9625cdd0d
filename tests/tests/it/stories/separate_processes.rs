//! Every service a process of its own, and one of them is lost.

use std::time::Duration;

use super::desk;
use super::fleet::Fleet;
use super::sums::{assert_sums, sum, wait_for};

#[tokio::test(flavor = "multi_thread")]
async fn eight_processes_run_a_campaign_and_survive_the_loss_of_the_dispatcher() {
    let settings = [
        ("BUS__ACK_WAIT_MS", "2000"),
        ("CAMPAIGNS__RELEASE_TIMEOUT_MS", "3000"),
        ("DISPATCH__LANE__SEGMENTS_PER_SECOND", "150"),
        // The predecessor is killed, never frozen.
        ("DISPATCH__TAKEOVER_WAIT_MS", "0"),
    ];
    let mut fleet = Fleet::launch(&[], &settings).await;
    let campaign = fleet.campaign(&desk::people(500)).await;
    wait_for("a hundred texts", Duration::from_secs(30), async || {
        (fleet.submits() >= 100).then_some(())
    })
    .await;
    fleet.kill("dispatch");
    let before = fleet.submits();
    assert!(before < 500, "it was killed too late: {before}");
    fleet.start("dispatch");

    let progress = fleet.completed(&campaign, Duration::from_secs(90)).await;
    assert_sums(&progress);
    let (handed_over, unknown) = (sum(&progress["handed_over"]), sum(&progress["unknown"]));
    let funnel = format!("/v1/analytics/campaigns/{campaign}/funnel");
    let analytics = fleet.client("analytics");
    let funnel = wait_for("the receipts", Duration::from_secs(30), async || {
        let seen = analytics.get(&funnel).await.ok()?;
        (seen["awaiting_receipt"] == 0 && seen["pending"] == 0).then_some(seen)
    })
    .await;
    assert_eq!(
        (sum(&funnel["handed_over"]), sum(&funnel["unknown"])),
        (handed_over, unknown),
        "{funnel}"
    );
    fleet.stop().await;
    let verdict = fleet.carrier.verdict();
    println!("{handed_over} handed over, {unknown} unknown: {verdict:?}");
    assert_eq!(verdict.texts_twice, 0, "{verdict:?}");
    assert_eq!(handed_over + unknown, 500, "{progress}");
    assert!(
        (handed_over..=handed_over + unknown).contains(&verdict.texts),
        "{progress} {verdict:?}"
    );
}
