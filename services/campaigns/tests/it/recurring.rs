//! Campaigns that recur, and times on the clocks of a zone.

use std::time::Duration;

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use testkit::Kit;

use crate::fake;
use crate::story::*;

/// The kit's clock starts on Wednesday, 10 June 2026, 11:00 in New York.
pub fn daily() -> Value {
    let mut body = draft();
    body["schedule"] = json!({"cron": "0 12 * * *", "timezone": "America/New_York"});
    body
}

pub async fn occurrences(kit: &Kit, id: &str) -> Value {
    let (status, body) = kit.get(&format!("/v1/campaigns/{id}/occurrences")).await;
    assert_eq!(status, 200, "{body}");
    body
}

/// Waits until the last slots have these states and reasons, the last first.
pub async fn until_past(kit: &Kit, id: &str, wanted: &[(&str, Value)]) -> Value {
    let started = std::time::Instant::now();
    loop {
        let body = occurrences(kit, id).await;
        let past: Vec<_> = body["past"].as_array().unwrap().clone();
        let as_wanted = past.len() == wanted.len()
            && past.iter().zip(wanted).all(|(past, (state, reason))| {
                past["state"] == *state && past["reason"] == *reason
            });
        if as_wanted {
            return body;
        }
        assert!(started.elapsed() < Duration::from_secs(45), "still {body}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub async fn until_campaign(kit: &Kit, id: &str, state: &str) -> Value {
    let started = std::time::Instant::now();
    loop {
        let (_, campaign) = kit.get(&format!("/v1/campaigns/{id}")).await;
        if campaign["state"] == state {
            return campaign;
        }
        assert!(
            started.elapsed() < Duration::from_secs(45),
            "still {campaign}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Every error of the answer as pointer and code.
pub fn errors(body: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_string();
    let errors = body["errors"].as_array().unwrap();
    errors
        .iter()
        .map(|error| (text(&error["pointer"]), text(&error["code"])))
        .collect()
}

#[tokio::test]
async fn each_slot_of_a_recurring_campaign_has_one_run() {
    let kit = kit(30).await;
    let id = create(&kit, daily()).await;
    assert_eq!(ask(&kit, &id, "launch").await.1["state"], "scheduled");
    let coming = occurrences(&kit, &id).await["coming"].clone();
    assert_eq!(coming.as_array().unwrap().len(), 10);
    assert_eq!(coming[0]["at"], "2026-06-10T16:00:00Z");
    let mut runs = Vec::new();
    for day in 1..=3usize {
        kit.clock
            .advance(chrono::Duration::minutes(if day == 1 { 61 } else { 1440 }));
        let body = until_past(&kit, &id, &vec![("started", Value::Null); day]).await;
        runs.push(body["past"][0]["run"].as_str().unwrap().to_string());
        until_campaign(&kit, &id, "scheduled").await;
    }
    runs.dedup();
    assert_eq!(runs.len(), 3);
    assert!(
        fake::world(kit.tenant)
            .released
            .values()
            .all(|times| *times == 3)
    );
    let body = occurrences(&kit, &id).await;
    assert_eq!(body["past"][0]["local"], "2026-06-12T12:00");
    assert_eq!(body["past"][0]["zone_data"], body["zone_data"]);
    kit.stop().await;
}

#[tokio::test]
async fn a_restart_after_a_downtime_catches_up_one_slot_at_most() {
    let kit = kit(30).await;
    let mut body = daily();
    body["schedule"]["late"] = json!("PT26H");
    let id = create(&kit, body).await;
    assert_eq!(ask(&kit, &id, "launch").await.0, 202);
    // Five slots pass in one leap: three too late, one that a later one has overtaken, one caught up.
    kit.clock
        .advance(chrono::Duration::hours(1 + 4 * 24) + chrono::Duration::minutes(30));
    let wanted = [
        ("started", Value::Null),
        ("skipped", json!("schedule.collapsed")),
        ("skipped", json!("schedule.late")),
    ];
    let body = until_past(&kit, &id, &wanted).await;
    assert_eq!(body["past"][2]["slots"], 3);
    assert_eq!(body["past"][2]["until"], "2026-06-12T16:00:00Z");
    until_campaign(&kit, &id, "scheduled").await;
    assert!(
        fake::world(kit.tenant)
            .released
            .values()
            .all(|times| *times == 1)
    );
    kit.stop().await;
}

#[tokio::test]
async fn slots_of_a_pause_are_skipped_and_a_cancel_ends_them() {
    let kit = kit(30).await;
    let id = create(&kit, daily()).await;
    assert_eq!(ask(&kit, &id, "launch").await.0, 202);
    assert_eq!(ask(&kit, &id, "pause").await.1["state"], "paused");
    kit.clock.advance(chrono::Duration::hours(50));
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(occurrences(&kit, &id).await["past"], json!([]));
    assert_eq!(ask(&kit, &id, "resume").await.1["state"], "scheduled");
    let body = until_past(&kit, &id, &[("skipped", json!("schedule.paused"))]).await;
    assert_eq!(body["past"][0]["slots"], 3);
    kit.clock.advance(chrono::Duration::minutes(23 * 60 + 1));
    let wanted = [
        ("started", Value::Null),
        ("skipped", json!("schedule.paused")),
    ];
    until_past(&kit, &id, &wanted).await;
    until_campaign(&kit, &id, "scheduled").await;
    assert_eq!(ask(&kit, &id, "cancel").await.1["state"], "cancelled");
    assert_eq!(occurrences(&kit, &id).await["coming"], json!([]));
    kit.clock.advance(chrono::Duration::hours(48));
    tokio::time::sleep(Duration::from_millis(600)).await;
    until_past(&kit, &id, &wanted).await;
    kit.stop().await;
}

#[tokio::test]
async fn a_slot_while_the_run_before_is_not_over_is_skipped() {
    let kit = kit(30).await;
    fake::world(kit.tenant).deaf = true;
    let id = create(&kit, daily()).await;
    assert_eq!(ask(&kit, &id, "launch").await.0, 202);
    kit.clock.advance(chrono::Duration::minutes(61));
    until_past(&kit, &id, &[("started", Value::Null)]).await;
    until_campaign(&kit, &id, "running").await;
    // Whoever is on the way does not expire with the day that is about to pass.
    until(&kit, &id, |progress| progress["chunks"]["released"] == 1).await;
    kit.clock.advance(chrono::Duration::hours(24));
    until_past(
        &kit,
        &id,
        &[
            ("skipped", json!("schedule.overlap")),
            ("started", Value::Null),
        ],
    )
    .await;
    kit.stop().await;
}

#[tokio::test]
async fn a_rule_with_an_end_completes_its_campaign() {
    let kit = kit(30).await;
    let mut body = draft();
    body["schedule"] = json!({"rrule": "FREQ=DAILY;COUNT=2", "start": "2026-06-10T12:00", "timezone": "America/New_York"});
    let id = create(&kit, body).await;
    assert_eq!(ask(&kit, &id, "launch").await.0, 202);
    kit.clock.advance(chrono::Duration::minutes(61));
    until_past(&kit, &id, &[("started", Value::Null)]).await;
    until_campaign(&kit, &id, "scheduled").await;
    kit.clock.advance(chrono::Duration::hours(24));
    until_campaign(&kit, &id, "completed").await;
    until_past(
        &kit,
        &id,
        &[("started", Value::Null), ("started", Value::Null)],
    )
    .await;
    assert_eq!(ask(&kit, &id, "resume").await.0, 409);
    kit.stop().await;
}

#[tokio::test]
async fn a_local_time_is_kept_as_it_was_given() {
    let kit = kit(30).await;
    let mut body = draft();
    let at = json!({"local": "2026-06-10T12:00", "timezone": "America/New_York"});
    body["schedule"] = json!({"at": at});
    let id = create(&kit, body).await;
    let (_, campaign) = ask(&kit, &id, "launch").await;
    assert_eq!(
        (&campaign["state"], &campaign["schedule"]["at"]),
        (&json!("scheduled"), &at)
    );
    kit.clock.advance(chrono::Duration::minutes(61));
    until_state(&kit, &id, "completed").await;
    kit.stop().await;
}

#[tokio::test]
async fn a_schedule_that_cannot_be_is_refused_with_what_and_where() {
    let kit = kit(1).await;
    for (schedule, wanted) in [
        (
            json!({"cron": "0 0 31 2 *", "timezone": "UTC"}),
            vec![("/schedule/cron", "cron.never_fires")],
        ),
        (
            json!({"cron": "61 9 * * *", "timezone": "EST"}),
            vec![
                ("/schedule/timezone", "timezone.unknown"),
                ("/schedule/cron", "cron.invalid"),
            ],
        ),
        (
            json!({"cron": "* * * * *", "timezone": "UTC"}),
            vec![("/schedule/cron", "schedule.too_frequent")],
        ),
        (
            json!({"cron": "0 9 * * *"}),
            vec![("/schedule/timezone", "field.required")],
        ),
        (
            json!({"cron": "0 9 * * *", "timezone": "UTC", "late": "P8D", "start": "2026-12-01T09:00"}),
            vec![
                ("/schedule/late", "duration.invalid"),
                ("/schedule/start", "field.invalid"),
            ],
        ),
        (
            json!({"rrule": "FREQ=DAILY;BYDAY=2MO", "start": "2026-12-01T09:00", "timezone": "UTC"}),
            vec![("/schedule/rrule", "rrule.invalid")],
        ),
        (
            json!({"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "start": "2026-12-01T09:00", "timezone": "UTC"}),
            vec![("/schedule/rrule", "rrule.never_fires")],
        ),
        (
            json!({"rrule": "FREQ=DAILY", "start": "tomorrow", "timezone": "UTC"}),
            vec![("/schedule/start", "time.malformed")],
        ),
        (
            json!({"at": "2026-06-10T14:00:00Z"}),
            vec![("/schedule/at", "schedule.in_past")],
        ),
        (
            json!({"at": "noon"}),
            vec![("/schedule/at", "time.malformed")],
        ),
        (
            json!({"at": {"local": "2027-03-14T02:30", "timezone": "America/New_York"}}),
            vec![("/schedule/at/local", "time.nonexistent")],
        ),
        (
            json!({"at": {"local": "2027-03-14", "timezone": "Mars/Base"}}),
            vec![
                ("/schedule/at/local", "time.malformed"),
                ("/schedule/at/timezone", "timezone.unknown"),
            ],
        ),
        (json!({}), vec![("/schedule", "field.invalid")]),
        (
            json!({"at": "2026-12-10T14:00:00Z", "cron": "0 9 * * *"}),
            vec![("/schedule", "field.invalid")],
        ),
    ] {
        let mut body = draft();
        body["schedule"] = schedule.clone();
        let (status, problem) = kit.post("/v1/campaigns", body).await;
        assert_eq!(status, 422, "{schedule}: {problem}");
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(p, c)| (p.to_string(), c.to_string()))
            .collect();
        assert_eq!(errors(&problem), wanted, "{schedule}: {problem}");
    }
    let mut body = draft();
    let at = json!({"local": "2027-03-14T02:30", "timezone": "America/New_York", "resolve": "compatible"});
    body["schedule"] = json!({"at": at});
    assert_eq!(kit.post("/v1/campaigns", body).await.0, 201);
    kit.stop().await;
}

#[tokio::test]
async fn a_draft_that_becomes_marketing_must_keep_the_distance_of_marketing() {
    let kit = kit(1).await;
    let mut body = draft();
    body["class"] = json!("transactional");
    body["schedule"] = json!({"cron": "*/10 * * * *", "timezone": "UTC"});
    let id = create(&kit, body).await;
    let (status, problem) = kit
        .patch(
            &format!("/v1/campaigns/{id}"),
            json!({"class": "marketing"}),
        )
        .await;
    assert_eq!(status, 422, "{problem}");
    assert_eq!(
        errors(&problem),
        [(
            "/schedule/cron".to_string(),
            "schedule.too_frequent".to_string()
        )]
    );
    kit.stop().await;
}

#[tokio::test]
async fn other_zone_data_moves_what_is_to_come_and_keeps_the_local_time() {
    let kit = kit(30).await;
    let mut body = draft();
    body["schedule"] = json!({"at": {"local": "2026-06-10T12:00", "timezone": "America/New_York"}});
    let once = create(&kit, body).await;
    let again = create(&kit, daily()).await;
    for id in [&once, &again] {
        assert_eq!(ask(&kit, id, "launch").await.0, 202);
    }
    // As if both had been computed when New York was an hour behind.
    let db = kit.db("campaigns");
    db.write(|tx| {
        Box::pin(async move {
            for text in [
                "update campaign set schedule_at = schedule_at + 3600000, \
                 schedule = replace(schedule, '\"zone_data\":\"', '\"zone_data\":\"old ') where schedule_at is not null",
                "update timer set due_at = due_at + 3600000, look_at = look_at + 3600000",
            ] {
                tx.execute_unprepared(text).await?;
            }
            Ok(())
        })
    })
    .await
    .unwrap();
    let kit = kit.restart().await;
    kit.clock.advance(chrono::Duration::minutes(62));
    until_state(&kit, &once, "completed").await;
    let body = until_past(&kit, &again, &[("started", Value::Null)]).await;
    assert_eq!(body["past"][0]["at"], "2026-06-10T16:00:00Z");
    kit.stop().await;
}
