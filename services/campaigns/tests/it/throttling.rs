//! How fast people are released.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use testkit::Kit;

use crate::fake;
use crate::story::*;

async fn quick_kit(people: u32) -> Kit {
    let kit = Kit::start_with(&[campaigns::SERVICE, fake::SERVICE], |settings| {
        settings.with("campaigns.poll_ms", 10)
    })
    .await;
    fake::create(kit.tenant, people);
    kit
}

async fn launched_with(kit: &Kit, throttle: Value) -> String {
    let mut body = draft();
    body["throttle"] = throttle;
    let id = create(kit, body).await;
    assert_eq!(ask(kit, &id, "launch").await.0, 202);
    id
}

fn released(kit: &Kit) -> usize {
    fake::world(kit.tenant).released.len()
}

/// Waits until so many people are released; how many there are then.
async fn until_released(kit: &Kit, people: usize) -> usize {
    let started = Instant::now();
    while released(kit) < people {
        let now = released(kit);
        assert!(
            // A pull that a restart has cut off ends after twenty seconds; then deliveries go on.
            started.elapsed() < Duration::from_secs(45),
            "still {now} of {people}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    released(kit)
}

/// As many as a throttle allows by the clock, which also runs by itself: what came in since then, and a second's worth
/// or one person.
fn allowed(kit: &Kit, since: DateTime<Utc>, per_hour: i64) -> usize {
    let elapsed = (kit.clock.now() - since).num_milliseconds();
    let burst = (per_hour / 3_600).max(1);
    usize::try_from(elapsed * per_hour / 3_600_000 + burst + 1).unwrap()
}

/// No minute had more than `most`.
fn assert_paced(kit: &Kit, most: usize) {
    let world = fake::world(kit.tenant);
    for (from, _) in &world.sent_off {
        let minute = from.0..from.0 + 60_000;
        let within = world
            .sent_off
            .iter()
            .filter(|(at, _)| minute.contains(&at.0));
        let people: usize = within.map(|(_, people)| people).sum();
        assert!(people <= most, "{people} in a minute from {}", from.0);
    }
}

/// Everybody but so many is settled.
async fn until_settled_but(kit: &Kit, id: &str, open: usize) {
    until(kit, id, |progress| {
        let settled =
            progress["recipients"].as_u64().unwrap() - progress["pending"].as_u64().unwrap();
        settled + open as u64 >= released(kit) as u64
    })
    .await;
}

fn assert_once(kit: &Kit) {
    let world = fake::world(kit.tenant);
    assert!(world.released.values().all(|times| *times == 1));
}

#[tokio::test]
async fn ten_a_minute_are_ten_a_minute_across_a_restart() {
    let mut kit = quick_kit(600).await;
    let began = kit.clock.now();
    let id = launched_with(&kit, json!({"per_minute": 10})).await;
    // The first goes at once.
    until_released(&kit, 1).await;
    for step in 1..=150usize {
        kit.clock.advance(TimeDelta::seconds(6));
        let now = until_released(&kit, step + 1).await;
        assert!(now <= allowed(&kit, began, 600), "{now} after {step} steps");
        until_settled_but(&kit, &id, 0).await;
        if step == 70 {
            kit = kit.restart().await;
        }
    }
    assert_once(&kit);
    assert_paced(&kit, 11);
    let seen = progress(&kit, &id).await;
    assert_eq!(
        (&seen["state"], &seen["recipients"]),
        (&json!("running"), &json!(600))
    );
    kit.stop().await;
}

#[tokio::test]
async fn a_throttle_is_kept_by_the_minute_and_used_in_full() {
    let kit = quick_kit(2_000).await;
    let began = kit.clock.now();
    let id = launched_with(&kit, json!({"per_minute": 600})).await;
    until(&kit, &id, |progress| progress["state"] == "running").await;
    until_released(&kit, 1).await;
    for step in 1..=300usize {
        kit.clock.advance(TimeDelta::milliseconds(500));
        let now = until_released(&kit, step * 5).await;
        assert!(now <= allowed(&kit, began, 36_000), "{now}");
        if step % 20 == 0 {
            until_settled_but(&kit, &id, 5).await;
        }
    }
    assert_once(&kit);
    assert_paced(&kit, 610);
    kit.stop().await;
}

#[tokio::test]
async fn a_share_of_the_audience_an_hour_binds_where_it_is_tighter() {
    let kit = quick_kit(1_000).await;
    let began = kit.clock.now();
    let throttle = json!({"per_minute": 3000, "percent_per_hour": 36});
    let id = launched_with(&kit, throttle.clone()).await;
    until(&kit, &id, |progress| progress["state"] == "running").await;
    until_released(&kit, 1).await;
    // 360 an hour: one every ten seconds.
    for step in 1..=20usize {
        kit.clock.advance(TimeDelta::seconds(10));
        assert!(until_released(&kit, step + 1).await <= allowed(&kit, began, 360));
    }
    let (_, campaign) = kit.get(&format!("/v1/campaigns/{id}")).await;
    assert_eq!(campaign["throttle"]["per_minute"], throttle["per_minute"]);
    assert_eq!(campaign["throttle"]["percent_per_hour"], 36.0);
    kit.stop().await;
}

#[tokio::test]
async fn a_throttle_can_be_changed_and_taken_away_under_way() {
    let people = 1_500;
    let kit = quick_kit(people).await;
    let id = launched_with(&kit, json!({"per_minute": 10})).await;
    until_released(&kit, 1).await;
    let path = format!("/v1/campaigns/{id}/throttle");
    let changed = kit.clock.now();
    let (status, campaign) = kit.post(&path, json!({"per_minute": 600})).await;
    assert_eq!(
        (status, &campaign["throttle"]["per_minute"]),
        (200, &json!(600)),
        "{campaign}"
    );
    kit.clock.advance(TimeDelta::seconds(1));
    let now = until_released(&kit, 10).await;
    assert!(now <= allowed(&kit, changed, 36_000) + 2, "{now}");
    let (status, problem) = kit.post(&path, json!({"per_minute": 0})).await;
    assert_eq!(
        (status, &problem["errors"][0]["pointer"]),
        (422, &json!("/per_minute"))
    );
    let (status, problem) = kit.post(&path, json!({})).await;
    assert_eq!(
        (status, &problem["errors"][0]["code"]),
        (422, &json!("field.required"))
    );
    assert_eq!(kit.delete(&path).await.0, 200);
    let progress = until_state(&kit, &id, "completed").await;
    assert_eq!(progress["handed_over"], expected(people).2);
    assert_once(&kit);
    let (status, problem) = kit.post(&path, json!({"per_minute": 10})).await;
    assert_eq!((status, &problem["code"]), (409, &json!("campaign.state")));
    kit.stop().await;
}

#[tokio::test]
async fn a_running_campaign_can_be_slowed_down() {
    let people = 60 * 512;
    let kit = quick_kit(people).await;
    // Most chunks still wait when the throttle comes.
    fake::world(kit.tenant).chunk_takes = 1_000;
    let id = create(&kit, draft()).await;
    ask(&kit, &id, "launch").await;
    until(&kit, &id, |progress| progress["handed_over"] != 0).await;
    let path = format!("/v1/campaigns/{id}/throttle");
    assert_eq!(kit.post(&path, json!({"per_minute": 60})).await.0, 200);
    let slowed = kit.clock.now();
    // What was on its way arrives; then one goes every second.
    let on_their_way = progress(&kit, &id).await["chunks"]["released"].clone();
    fake::world(kit.tenant).chunk_takes = 0;
    until(&kit, &id, |progress| {
        progress["chunks"]["settled"].as_u64() >= on_their_way.as_u64().map(|chunks| chunks - 1)
    })
    .await;
    kit.clock.advance(TimeDelta::seconds(1));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let whole = usize::try_from(on_their_way.as_u64().unwrap()).unwrap() * 512;
    assert!(whole < people as usize);
    assert!(released(&kit) <= whole + allowed(&kit, slowed, 3_600));
    kit.stop().await;
}

#[tokio::test]
async fn people_lost_on_the_way_come_back_past_the_throttle_and_are_not_counted_twice() {
    let kit = quick_kit(300).await;
    fake::world(kit.tenant).deaf = true;
    let began = kit.clock.now();
    let id = launched_with(&kit, json!({"per_minute": 60})).await;
    until_released(&kit, 1).await;
    for step in 1..=20usize {
        kit.clock.advance(TimeDelta::seconds(1));
        until_released(&kit, step + 1).await;
    }
    let lost = released(&kit);
    assert!(lost <= allowed(&kit, began, 3_600), "{lost}");
    // They come back with the retry, while one a second goes on.
    fake::world(kit.tenant).deaf = false;
    for step in 1..=50usize {
        kit.clock.advance(TimeDelta::seconds(1));
        until_released(&kit, lost + step).await;
    }
    until_settled_but(&kit, &id, 2).await;
    assert_eq!(progress(&kit, &id).await["state"], "running");
    let now = released(&kit);
    assert!(now <= allowed(&kit, began, 3_600), "{now}");
    let twice = {
        let world = fake::world(kit.tenant);
        world.released.values().filter(|times| **times > 1).count()
    };
    assert!(twice >= lost, "{twice} of {lost} came again");
    kit.stop().await;
}

#[tokio::test]
async fn whoever_was_not_released_in_time_expires() {
    let kit = quick_kit(100).await;
    let id = launched_with(&kit, json!({"per_minute": 60})).await;
    until_released(&kit, 1).await;
    kit.clock.advance(TimeDelta::hours(25));
    let progress = until_state(&kit, &id, "completed").await;
    assert!(progress["expired"].as_u64() >= Some(90), "{progress}");
    kit.stop().await;
}

#[tokio::test]
async fn a_throttle_out_of_range_is_refused_with_its_place() {
    let kit = kit(1).await;
    for (throttle, pointer, code) in [
        (
            json!({"per_minute": 0}),
            "/throttle/per_minute",
            "field.range",
        ),
        (json!({}), "/throttle", "field.required"),
        (
            json!({"percent_per_hour": 0}),
            "/throttle/percent_per_hour",
            "field.range",
        ),
        (
            json!({"percent_per_hour": 101}),
            "/throttle/percent_per_hour",
            "field.range",
        ),
    ] {
        let mut body = draft();
        body["throttle"] = throttle;
        let (status, problem) = kit.post("/v1/campaigns", body).await;
        let fault = &problem["errors"][0];
        assert_eq!(
            (status, &fault["pointer"], &fault["code"]),
            (422, &json!(pointer), &json!(code)),
            "{problem}"
        );
    }
    let mut body = draft();
    body["throttle"] = json!({"per_minute": 5});
    let id = create(&kit, body).await;
    let path = format!("/v1/campaigns/{id}");
    let (status, campaign) = kit.patch(&path, json!({"throttle": null})).await;
    assert_eq!((status, &campaign["throttle"]), (200, &json!(null)));
    kit.stop().await;
}
