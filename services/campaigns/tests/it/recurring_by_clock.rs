//! Campaigns that recur by each contact's own clock.

use chrono::Duration as Span;
use serde_json::{Value, json};

use crate::fake;
use crate::local_time::{at, launch, released, zoned};
use crate::preflight::{count, looked};
use crate::recurring::{occurrences, until_campaign, until_past};
use crate::story::*;

/// The kit's clock starts on Wednesday, 10 June 2026, 15:00 UTC; Friday noon comes first at 22:00 UTC of the Thursday.
fn fridays() -> Value {
    json!({"cron": "0 12 * * 5", "timezone": "contact", "late": "PT1H", "past_recipients": "skip"})
}

#[tokio::test]
async fn each_slot_is_one_local_time_wherever_people_are() {
    let kit = zoned(400).await;
    let id = launch(&kit, fridays()).await;
    let (_, shown) = kit.get(&format!("/v1/campaigns/{id}")).await;
    assert_eq!(
        (&shown["schedule"], &shown["state"]),
        (&fridays(), &json!("scheduled"))
    );
    let coming = occurrences(&kit, &id).await["coming"][0].clone();
    let first = (&json!("2026-06-11T22:00:00Z"), &json!("2026-06-12T12:00"));
    assert_eq!((&coming["at"], &coming["local"]), first);

    kit.clock.advance(Span::hours(31) + Span::seconds(1));
    let waiting = until(&kit, &id, |progress| progress["held"] == 300).await;
    assert_eq!(waiting["suppressed"], json!({"TIMEZONE_UNKNOWN": 100}));
    assert!(fake::world(kit.tenant).heads.is_empty());
    let kit = kit.restart().await;
    for (hours, zone, noon) in [
        (12, 0, "2026-06-12T10:00:00Z"),
        (6, 1, "2026-06-12T16:00:00Z"),
        (3, 2, "2026-06-12T19:00:00Z"),
    ] {
        kit.clock.advance(Span::hours(hours));
        until(&kit, &id, |progress| {
            progress["held"] == 200 - 100 * zone && progress["pending"] == 0
        })
        .await;
        let there = released(&kit, u32::try_from(zone).unwrap());
        assert_eq!(there.len(), 100);
        assert!(there.iter().all(|(left, _)| *left >= at(noon)));
    }
    until_campaign(&kit, &id, "scheduled").await;

    // Noon in Berlin a week later.
    kit.clock.advance(Span::days(7) - Span::hours(9));
    let wanted = [("started", Value::Null), ("started", Value::Null)];
    let past = until_past(&kit, &id, &wanted).await["past"].clone();
    assert_eq!(past[0]["local"], "2026-06-19T12:00");
    until(&kit, &id, |progress| {
        progress["held"] == 200 && progress["pending"] == 0
    })
    .await;
    kit.stop().await;
}

#[tokio::test]
async fn after_a_downtime_only_those_are_left_out_whose_time_was_missed() {
    let kit = zoned(400).await;
    let id = launch(&kit, fridays()).await;
    // Three hours after noon in Berlin, one before noon in New York: 17 hours after the first clock showed it.
    kit.clock.advance(Span::hours(48));
    let waiting = until(&kit, &id, |progress| progress["held"] == 200).await;
    let left_out = json!({"PAST_LOCAL_TIME": 100, "TIMEZONE_UNKNOWN": 100});
    assert_eq!(waiting["suppressed"], left_out);
    kit.clock.advance(Span::hours(4));
    until_campaign(&kit, &id, "scheduled").await;
    assert_eq!(fake::world(kit.tenant).heads.len(), 200);

    // A week later nobody's clock has shown it within the last hour.
    kit.clock.advance(Span::days(7) + Span::hours(9));
    let wanted = [
        ("skipped", json!("schedule.late")),
        ("started", Value::Null),
    ];
    until_past(&kit, &id, &wanted).await;
    kit.stop().await;
}

#[tokio::test]
async fn its_preflight_shows_the_next_slot_by_each_clock() {
    let kit = zoned(400).await;
    let mut body = draft();
    body["schedule"] = fridays();
    let id = create(&kit, body).await;
    let found = looked(&kit, &id).await;
    let report = &found["report"];
    // Of each zone a tenth has no consent, and a tenth no name for the text.
    let noon = |at: &str| json!({"at": at, "texts": 80});
    let hours = [
        noon("2026-06-12T10:00:00Z"),
        noon("2026-06-12T16:00:00Z"),
        noon("2026-06-12T19:00:00Z"),
    ];
    assert_eq!(report["hours"], json!(hours), "{report}");
    let local = json!([{"local": "2026-06-12T12:00", "texts": 240}]);
    assert_eq!(report["local_hours"], local);
    assert_eq!(report["start"], "2026-06-11T22:00:00Z");
    assert_eq!(report["finish"], "2026-06-12T19:00:00Z");
    assert_eq!(count(&report["suppressed"], "TIMEZONE_UNKNOWN"), 100);
    assert_eq!(count(&report["held"], "NOT_BEFORE"), 240);
    assert_eq!(report["held_by_quiet_hours"], 0);
    kit.stop().await;
}
