//! Several dispatchers behind one limit, judged by the carrier's own log.

use std::time::{Duration, Instant};

use chassis::host::Host;
use contract::chunk::Outcome;
use serde_json::json;

use super::rig::{Rig, SENDER, Wish, kind, until};

const SECOND_US: u64 = 1_000_000;

/// Two dispatchers; only PostgreSQL lets two have one database.
async fn pair() -> Option<(Rig, Host)> {
    testkit::database_url()?;
    let rig = Rig::start(Wish {
        smsc: kind(),
        ..Wish::default()
    })
    .await;
    let second = |settings: chassis::Settings| settings.with("dispatch.name", "dispatch-2");
    let beside = rig.kit.beside_with(second).await;
    until("both are registered", || {
        rig.stub.with(|state| state.epochs.len() == 2)
    })
    .await;
    Some((rig, beside))
}

async fn limit(rig: &Rig, what: &str, body: serde_json::Value) {
    let (status, told) = rig.kit.put(&format!("/v1/limits/{what}"), body).await;
    assert_eq!(status, 200, "{told}");
}

fn most_in_a_second(times: &[u64]) -> usize {
    let in_second = |(at, from): (usize, &u64)| {
        let end = times.partition_point(|t| *t < from + SECOND_US);
        end - at
    };
    times.iter().enumerate().map(in_second).max().unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_dispatchers_together_keep_the_limit_of_every_level_and_use_all_of_it() {
    let Some((rig, beside)) = pair().await else {
        return;
    };
    // The other one reads them within a quarter of a second.
    for level in [
        format!("lane/{SENDER}"),
        "tenant/own".to_string(),
        "provider/simulator".to_string(),
        "global/all".to_string(),
    ] {
        let body = json!({"segments_per_second": 40, "burst": 8});
        limit(&rig, &level, body).await;
    }
    tokio::time::sleep(Duration::from_millis(600)).await;
    for chunk in 0..60 {
        rig.send(&rig.chunk(chunk, 0..10)).await;
    }
    until("a third has left", || rig.arrivals().len() > 200).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let arrivals: Vec<u64> = rig.arrivals().into_iter().map(|(t, _)| t).collect();
    let most = most_in_a_second(&arrivals);
    assert!(most <= 48, "{most} in a second");
    // Measured behind the first two seconds.
    let from = arrivals.partition_point(|t| *t < arrivals[0] + 2 * SECOND_US);
    let (first, last) = (arrivals[from], arrivals[arrivals.len() - 1]);
    let (sent, took) = (arrivals.len() - from, last - first);
    let allowed = 40.0 * took as f64 / SECOND_US as f64;
    assert!(sent as f64 > allowed * 0.9, "{sent} of {allowed}");
    let by = rig.stub.with(|state| state.permits_of.clone());
    assert!(
        by.len() == 2 && by.values().all(|texts| *texts > 50),
        "{by:?}"
    );
    beside.stop().await.unwrap();
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_nothing_to_send_leaves_its_part_to_the_other_also_when_it_goes() {
    let Some((rig, beside)) = pair().await else {
        return;
    };
    let body = json!({"segments_per_second": 40, "burst": 8});
    limit(&rig, &format!("lane/{SENDER}"), body).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    // One chunk is worked on by one dispatcher.
    rig.send(&rig.chunk(0, 0..512)).await;
    until("it is under way", || rig.arrivals().len() > 40).await;
    let (before, begun) = (rig.arrivals().len(), Instant::now());
    tokio::time::sleep(Duration::from_secs(4)).await;
    let due = 40.0 * begun.elapsed().as_secs_f64();
    let sent = (rig.arrivals().len() - before) as f64;
    assert!((due * 0.8..=due + 10.0).contains(&sent), "{sent} of {due}");
    beside.stop().await.unwrap();
    let (before, seen) = (rig.arrivals().len(), rig.said.count(Outcome::Held));
    rig.send(&rig.chunk(1, 0..40)).await;
    until("texts leave without the other", || {
        rig.arrivals().len() > before + 20
    })
    .await;
    let arrivals: Vec<u64> = rig.arrivals().into_iter().map(|(t, _)| t).collect();
    assert!(most_in_a_second(&arrivals) <= 48, "{seen} were held before");
    rig.stop().await;
}
