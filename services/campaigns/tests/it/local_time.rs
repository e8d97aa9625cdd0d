//! Texts that leave at a local time wherever people are, or within a window of the day.

use std::time::Duration;

use chrono::Duration as Span;
use contract::UnixMillis;
use serde_json::{Value, json};
use testkit::Kit;

use crate::fake;
use crate::story::*;

/// Person n lives in the zone at n modulo 4; the kit's clock shows 10 June 2026, 15:00 UTC.
const ZONES: [&str; 4] = [
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
    "",
];

pub async fn zoned(people: u32) -> Kit {
    let kit = kit(people).await;
    fake::world(kit.tenant).zones = ZONES.to_vec();
    kit
}

pub async fn launch(kit: &Kit, schedule: Value) -> String {
    let mut body = draft();
    body["schedule"] = schedule;
    let id = create(kit, body).await;
    let (status, campaign) = ask(kit, &id, "launch").await;
    assert_eq!(status, 202, "{campaign}");
    id
}

pub fn at(text: &str) -> UnixMillis {
    text.parse::<chrono::DateTime<chrono::Utc>>()
        .unwrap()
        .into()
}

/// Instants at which people of a zone were released, and until when they were valid.
pub fn released(kit: &Kit, zone: u32) -> Vec<(UnixMillis, UnixMillis)> {
    let world = fake::world(kit.tenant);
    let of_zone = world.heads.iter().filter(|(person, _)| *person % 4 == zone);
    of_zone.map(|(_, one)| (one.at, one.valid_until)).collect()
}

#[tokio::test]
async fn everybody_is_texted_at_noon_by_their_own_clock_and_not_once_it_has_passed() {
    let kit = zoned(2_000).await;
    let noon = json!({
        "at": {"local": "2026-06-10T12:00"}, "timezone": "contact", "past_recipients": "skip",
        "fallback_timezone": "America/Los_Angeles", "expires_after": "PT10H",
    });
    let id = launch(&kit, noon.clone()).await;
    let (_, shown) = kit.get(&format!("/v1/campaigns/{id}")).await;
    assert_eq!(shown["schedule"], noon);
    let waiting = until(&kit, &id, |progress| progress["state"] == "running").await;
    assert_eq!(waiting["suppressed"], json!({"PAST_LOCAL_TIME": 500}));
    assert_eq!(waiting["held"], 1_500);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(fake::world(kit.tenant).heads.is_empty());

    kit.clock.advance(Span::hours(1));
    until(&kit, &id, |progress| {
        progress["held"] == 1_000 && progress["pending"] == 0
    })
    .await;
    let new_york = released(&kit, 1);
    assert_eq!(new_york.len(), 500);
    let noon = at("2026-06-10T16:00:00Z");
    let until_then = at("2026-06-11T02:00:00Z");
    assert!(
        new_york
            .iter()
            .all(|(left, valid)| *left >= noon && *valid == until_then)
    );
    assert!(released(&kit, 2).is_empty());

    kit.clock.advance(Span::hours(3));
    let progress = until_state(&kit, &id, "completed").await;
    let noon = at("2026-06-10T19:00:00Z");
    for zone in [2, 3] {
        let there = released(&kit, zone);
        assert_eq!(there.len(), 500);
        assert!(there.iter().all(|(left, _)| *left >= noon));
    }
    assert!(released(&kit, 0).is_empty());
    assert_eq!(progress["recipients"], 2_000);
    kit.stop().await;
}

#[tokio::test]
async fn those_whose_time_has_passed_are_texted_at_once_where_the_campaign_says_so() {
    let kit = zoned(400).await;
    let noon = json!({"at": {"local": "2026-06-10T12:00"}, "timezone": "contact", "past_recipients": "send_now"});
    let id = launch(&kit, noon).await;
    let progress = until(&kit, &id, |progress| {
        progress["state"] == "running" && progress["pending"] == 0
    })
    .await;
    assert_eq!(released(&kit, 0).len(), 100);
    // Nobody knows where the fourth zone's people are.
    assert_eq!(progress["suppressed"]["TIMEZONE_UNKNOWN"], 100);
    assert_eq!(progress["held"], 200);
    assert!(released(&kit, 1).is_empty());
    kit.stop().await;
}

#[tokio::test]
async fn it_starts_when_the_first_zone_reaches_the_time_and_survives_a_restart() {
    let kit = zoned(400).await;
    let morning = json!({"at": {"local": "2026-06-12T10:00"}, "timezone": "contact"});
    let id = launch(&kit, morning).await;
    assert_eq!(progress(&kit, &id).await["state"], "scheduled");
    // 10:00 on Kiritimati.
    kit.clock.advance(Span::hours(28));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(progress(&kit, &id).await["state"], "scheduled");
    kit.clock.advance(Span::hours(1) + Span::seconds(1));
    let waiting = until(&kit, &id, |progress| progress["state"] == "running").await;
    assert_eq!(waiting["held"], 300);
    let kit = kit.restart().await;
    // 10:00 in Berlin.
    kit.clock.advance(Span::hours(12));
    until(&kit, &id, |progress| {
        progress["held"] == 200 && progress["pending"] == 0
    })
    .await;
    assert_eq!(released(&kit, 0).len(), 100);
    kit.clock.advance(Span::hours(9));
    until_state(&kit, &id, "completed").await;
    assert!(
        fake::world(kit.tenant)
            .released
            .values()
            .all(|times| *times == 1)
    );
    kit.stop().await;
}

#[tokio::test]
async fn each_validity_counts_from_the_own_instant_and_ends_as_expired() {
    let kit = zoned(400).await;
    let noon = json!({"at": {"local": "2026-06-10T12:00"}, "timezone": "contact", "expires_after": "PT2H"});
    let id = launch(&kit, noon).await;
    until(&kit, &id, |progress| progress["held"] == 200).await;
    assert_eq!(ask(&kit, &id, "pause").await.0, 200);
    // New York is over at 18:00 UTC, Los Angeles not before 21:00.
    kit.clock.advance(Span::hours(5));
    assert_eq!(ask(&kit, &id, "resume").await.0, 200);
    let progress = until_state(&kit, &id, "completed").await;
    assert_eq!(progress["expired"], 100);
    assert!(released(&kit, 1).is_empty());
    assert_eq!(released(&kit, 2).len(), 100);
    kit.stop().await;
}

#[tokio::test]
async fn a_window_lets_texts_wait_or_leaves_them_out() {
    let kit = zoned(400).await;
    let later = json!({"window": {"from": "09:00", "to": "17:00", "timezone": "contact"}});
    let later = launch(&kit, later).await;
    // 17:00 in Berlin, 11:00 in New York, 08:00 in Los Angeles.
    until(&kit, &later, |progress| {
        progress["state"] == "running" && progress["held"] == 200 && progress["pending"] == 0
    })
    .await;
    assert_eq!(released(&kit, 1).len(), 100);
    kit.clock.advance(Span::hours(1));
    until(&kit, &later, |progress| {
        progress["held"] == 100 && progress["pending"] == 0
    })
    .await;
    assert_eq!(released(&kit, 2).len(), 100);
    assert!(released(&kit, 0).is_empty());
    kit.clock.advance(Span::hours(15));
    until_state(&kit, &later, "completed").await;
    assert_eq!(released(&kit, 0).len(), 100);

    // 09:00 in Berlin: open there alone.
    fake::world(kit.tenant).heads.clear();
    let skip = json!({"window": {"from": "09:00", "to": "17:00", "outside": "skip", "timezone": "contact"}});
    let skip = launch(&kit, skip).await;
    let progress = until_state(&kit, &skip, "completed").await;
    assert_eq!(progress["suppressed"]["OUTSIDE_WINDOW"], 200);
    assert_eq!(released(&kit, 0).len(), 100);
    kit.stop().await;
}

#[tokio::test]
async fn faults_of_local_times_name_their_place() {
    let kit = kit(10).await;
    let cases = [
        (
            json!({"cron": "0 9 * * *", "timezone": "contact"}),
            vec![("/schedule/cron", "schedule.too_frequent")],
        ),
        (
            json!({"cron": "0 9 * * 1", "timezone": "contact",
                "window": {"from": "10:00", "to": "20:00", "outside": "earlier"}}),
            vec![("/schedule/window/outside", "field.invalid")],
        ),
        (
            json!({"cron": "0 9 * * 1", "timezone": "UTC", "past_recipients": "skip"}),
            vec![("/schedule/past_recipients", "field.invalid")],
        ),
        (
            json!({"at": {"local": "2026-06-09T02:00"}, "timezone": "contact"}),
            vec![("/schedule/at", "schedule.in_past")],
        ),
        (
            json!({"at": {"local": "2026-12-01T10:00"}}),
            vec![("/schedule/at/timezone", "field.required")],
        ),
        (
            json!({"at": "2026-12-01T10:00:00Z", "past_recipients": "skip", "fallback_timezone": "EST",
                "window": {"from": "9", "to": "20:00", "outside": "earlier"}, "expires_after": "soon"}),
            vec![
                ("/schedule/past_recipients", "field.invalid"),
                ("/schedule/window/from", "field.invalid"),
                ("/schedule/window/outside", "field.invalid"),
                ("/schedule/window/timezone", "field.required"),
                ("/schedule/fallback_timezone", "timezone.unknown"),
                ("/schedule/expires_after", "duration.invalid"),
            ],
        ),
    ];
    for (schedule, wanted) in cases {
        let mut body = draft();
        body["schedule"] = schedule.clone();
        let (status, problem) = kit.post("/v1/campaigns", body).await;
        assert_eq!(status, 422, "{schedule}: {problem}");
        let found: Vec<(&str, &str)> = problem["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| {
                (
                    error["pointer"].as_str().unwrap(),
                    error["code"].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(found, wanted, "{schedule}");
    }
    for schedule in [
        json!({"at": {"local": "2026-12-01T10:00"}, "timezone": "contact"}),
        json!({"cron": "0 9 * * 1", "timezone": "contact"}),
    ] {
        let mut both = draft();
        both["schedule"] = schedule;
        both["variants"] = json!([{"name": "a", "weight": 1}, {"name": "b", "weight": 1}]);
        both["winner"] = json!({"metric": "click_rate", "after": "PT4H"});
        let (status, problem) = kit.post("/v1/campaigns", both).await;
        assert_eq!(
            (status, &problem["errors"][0]["pointer"]),
            (422, &json!("/winner"))
        );
    }
    kit.stop().await;
}
