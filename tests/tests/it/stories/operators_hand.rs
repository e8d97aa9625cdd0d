//! Pause and resume by an operator, judged by when texts reach the carrier.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::desk::SENDER;
use super::world::{World, assert_sums, people, sum, wait_for};

/// What has a second on a machine with nothing else to do may take this long on a busy one, in microseconds.
const BUSY_SECOND: u64 = 3_000_000;

fn micros() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_micros()).unwrap()
}

/// When texts reached the carrier: Unix microseconds, ascending.
fn arrivals(world: &World) -> Vec<u64> {
    let log = world.carrier_log();
    let entries = log.lines().filter_map(|line| {
        let entry: Value = serde_json::from_str(line).ok()?;
        (entry["e"] == "submit").then(|| entry["t"].as_u64())?
    });
    let mut arrivals: Vec<u64> = entries.collect();
    arrivals.sort_unstable();
    arrivals
}

async fn control(world: &World, method: &str, body: Value) -> u64 {
    let path = format!("/v1/traffic/controls/lane/{SENDER}");
    let body = serde_json::to_vec(&body).unwrap();
    let client = world.client();
    let sent = client.send(method, &path, "application/json", body);
    let (status, told) = sent.await.unwrap();
    assert!(status < 300, "{told}");
    micros()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_and_a_resume_are_in_force_within_a_second_also_for_texts_that_were_held() {
    let world = World::start(&[("HAILMAST_DISPATCH__LANE__SEGMENTS_PER_SECOND", "200")]);
    let campaign = world.prepare(&people(2000)).await;
    world.launch(&campaign).await;
    wait_for("the first texts", Duration::from_secs(30), async || {
        (arrivals(&world).len() > 100).then_some(())
    })
    .await;
    let paused = control(
        &world,
        "PUT",
        json!({ "action": "pause", "reason": "a story" }),
    )
    .await;
    // Everybody else is held, and for longer the longer the pause lasts.
    wait_for("the rest to be held", Duration::from_secs(30), async || {
        let seen = world.progress(&campaign).await?;
        (sum(&seen["pending"]) == 0 && sum(&seen["held"]) > 1000).then_some(())
    })
    .await;
    tokio::time::sleep(Duration::from_secs(12)).await;
    let before = arrivals(&world);
    let last = *before.last().unwrap();
    assert!(
        last < paused + BUSY_SECOND,
        "a text came {} us after the pause",
        last - paused
    );
    let resumed = control(&world, "DELETE", Value::Null).await;
    let first = wait_for("texts to flow again", Duration::from_secs(30), async || {
        arrivals(&world).get(before.len()).copied()
    })
    .await;
    let took = first.saturating_sub(resumed);
    assert!(took < BUSY_SECOND, "the first text came after {took} us");
    // And not the first alone.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let flowed = arrivals(&world).len() - before.len();
    assert!(flowed > 200, "{flowed} texts in two seconds");
    let progress = world.completed(&campaign, Duration::from_secs(60)).await;
    assert_sums(&progress);
    let verdict = world.verdict();
    assert_eq!(
        (verdict.texts, verdict.texts_twice),
        (2000, 0),
        "{verdict:?}"
    );
}
