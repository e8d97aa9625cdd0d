//! From an appointment to its reminders.

use chrono::TimeDelta;
use contract::campaigns::AppointmentEvent;
use contract::{Class, Reason};
use serde_json::json;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn an_appointment_is_planned_and_its_reminders_are_sent_when_they_are_due() {
    let kit = kit().await;
    let made = put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    assert_eq!(
        (&made["effect"], &made["version"]),
        (&json!("scheduled"), &json!(1))
    );
    assert_eq!(made["notice"], "not_needed");
    assert_eq!(
        steps(&made["plan"]),
        [
            step("r2d", "2026-06-13T14:00", "planned", "on_time"),
            step("r2h", "2026-06-15T12:00", "planned", "on_time"),
        ]
    );
    assert_eq!(made["plan"][0]["at"], "2026-06-13T18:00:00Z");
    go_to(&kit, "2026-06-13T13:59");
    a_while().await;
    assert_eq!(offered(&kit), [0; 0]);
    go_to(&kit, "2026-06-13T14:00");
    until_offered(&kit, &[TWO_DAYS]).await;
    let text = text(&kit, 0);
    assert_eq!(text.class, Class::Appointment);
    assert_eq!(text.sender, SENDER);
    assert_eq!(text.contact, contact(1));
    assert_eq!(text.vars["appointment_at"], "2026-06-15T14:00");
    assert_eq!(text.vars["appointment_subject"], "Cleaning");
    assert_eq!(
        text.valid_until.to_utc().to_rfc3339(),
        "2026-06-15T18:00:00+00:00"
    );
    until("it has arrived", async || {
        states(&plan(&kit, "a").await["reminders"]) == ["delivered", "planned"]
    })
    .await;
    go_to(&kit, "2026-06-15T12:00");
    until_offered(&kit, &[TWO_DAYS, TWO_HOURS]).await;
    until_told(&kit, "a").await;
    let plan = plan(&kit, "a").await;
    assert_eq!(plan["told"][1]["kind"], "reminder");
    // At a day before nobody had confirmed.
    until_event(&kit, AppointmentEvent::Unconfirmed).await;
    assert_eq!(
        events(&kit),
        [AppointmentEvent::Scheduled, AppointmentEvent::Unconfirmed]
    );
    assert_eq!(get(&kit, "a").await["attention"], "unconfirmed");
    kit.stop().await;
}

pub fn step(
    step: &str,
    local: &str,
    state: &str,
    reason: &str,
) -> (String, String, String, String) {
    (step.into(), local.into(), state.into(), reason.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_again_changes_nothing_and_what_is_older_is_ignored() {
    let kit = kit().await;
    let versioned = |version: i64, local: &str| {
        let mut body = booking(1, local);
        body["source_version"] = json!(version);
        body
    };
    put(&kit, "a", versioned(4, "2026-06-15T14:00")).await;
    let same = put(&kit, "a", versioned(4, "2026-06-16T14:00")).await;
    assert_eq!(
        (&same["effect"], &same["version"]),
        (&json!("unchanged"), &json!(1))
    );
    let old = put(&kit, "a", versioned(3, "2026-06-16T14:00")).await;
    assert_eq!(old["effect"], "ignored_stale");
    let equal = put(&kit, "a", versioned(5, "2026-06-15T14:00")).await;
    assert_eq!(equal["effect"], "unchanged");
    assert_eq!(get(&kit, "a").await["source_version"], 5);
    let new = put(&kit, "a", versioned(6, "2026-06-16T14:00")).await;
    assert_eq!(
        (&new["effect"], &new["version"]),
        (&json!("rescheduled"), &json!(2))
    );
    assert_eq!(new["notice"], "not_needed");
    let mut renamed = versioned(7, "2026-06-16T14:00");
    renamed["subject"] = json!("Check-up");
    assert_eq!(put(&kit, "a", renamed).await["effect"], "updated");
    // Found by its own id, too; and by nobody else.
    let id = new["id"].as_str().unwrap();
    let (status, found) = kit.get(&format!("/v1/appointments/{id}")).await;
    assert_eq!((status, &found["subject"]), (200, &json!("Check-up")));
    let stranger = kit.with_key(&kit.other_key);
    assert!(
        stranger
            .get(&format!("/v1/appointments/{id}"))
            .await
            .is_err()
    );
    let live = kit.with_key(&kit.live_key);
    assert!(live.get("/v1/appointments/ext:a").await.is_err());
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_in_another_zone_is_reminded_in_their_hours_and_told_which_clock_is_meant() {
    let kit = kit().await;
    world(kit.tenant).zone = Some("America/Los_Angeles");
    let made = put(&kit, "a", booking(1, "2026-06-15T09:00")).await;
    assert_eq!(
        steps(&made["plan"]),
        [
            step("r2d", "2026-06-12T18:00", "planned", "quiet_earlier"),
            step("r2h", "2026-06-14T18:00", "planned", "quiet_earlier"),
        ]
    );
    go_to(&kit, "2026-06-12T21:00");
    until_offered(&kit, &[TWO_DAYS]).await;
    assert_eq!(text(&kit, 0).vars["appointment_zone"], "EDT");
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_who_lives_elsewhere_by_then_is_reminded_in_the_hours_of_that_place() {
    let kit = kit().await;
    let here = step("r2d", "2026-06-13T09:00", "planned", "on_time");
    let there = step("r2d", "2026-06-12T18:00", "planned", "quiet_earlier");
    for (id, person) in [("a", 1), ("b", 2), ("c", 3)] {
        let made = put(&kit, id, booking(person, "2026-06-15T09:00")).await;
        assert_eq!(steps(&made["plan"])[0], here);
    }
    world(kit.tenant).zone = Some("America/Los_Angeles");
    let mut changed =
        json!({"starts_at": {"local": "2026-06-15T09:00", "timezone": "America/New_York"}});
    // A request that says nothing new, and one that names no contact.
    let unchanged = put(&kit, "a", changed.clone()).await;
    assert_eq!(unchanged["effect"], "unchanged");
    assert_eq!(steps(&unchanged["plan"])[0], there);
    changed["subject"] = json!("Check-up");
    let updated = put(&kit, "b", changed).await;
    assert_eq!(updated["effect"], "updated");
    assert_eq!(steps(&updated["plan"])[0], there);
    // Without any request, a day before.
    assert_eq!(steps(&plan(&kit, "c").await["reminders"])[0], here);
    go_to(&kit, "2026-06-12T09:30");
    until("it is planned anew", async || {
        steps(&plan(&kit, "c").await["reminders"])[0] == there
    })
    .await;
    go_to(&kit, "2026-06-12T21:00");
    until_offered(&kit, &[TWO_DAYS, TWO_DAYS, TWO_DAYS]).await;
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_appointments_of_a_day_share_a_text_and_one_that_moves_away_gets_its_own() {
    let mut body = plan_body();
    body["combine"] = json!("contact_day");
    let kit = kit_with(body).await;
    world(kit.tenant).texts_wait = true;
    put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    let mut leo = booking(1, "2026-06-15T15:00");
    leo["for_person"] = json!("Leo");
    put(&kit, "b", leo).await;
    put(&kit, "elsewhere", {
        let mut body = booking(1, "2026-06-15T16:00");
        body["location"] = json!("Oak St");
        body
    })
    .await;
    let first = get(&kit, "a").await["id"].clone();
    assert_eq!(
        plan(&kit, "b").await["reminders"][0]["combined_with"],
        first
    );
    go_to(&kit, "2026-06-13T14:00");
    until_offered(&kit, &[TWO_DAYS]).await;
    let shared = text(&kit, 0);
    assert_eq!(shared.vars["appointment_count"], "2");
    assert_eq!(
        shared.vars["appointment_list"],
        "1) 2026-06-15 14:00 Cleaning, 2) 2026-06-15 15:00 Cleaning Leo"
    );
    let of_b = plan(&kit, "b").await;
    assert_eq!(steps(&of_b["reminders"])[0].2, "queued");
    assert_eq!(of_b["reminders"][0]["combined_with"], first);
    // The first is moved before the text has left: the second is reminded on its own.
    put(&kit, "a", booking(1, "2026-06-18T14:00")).await;
    until("its own is planned", async || {
        states(&plan(&kit, "b").await["reminders"]) == ["planned", "planned"]
    })
    .await;
    go_to(&kit, "2026-06-13T15:00");
    until_offered(&kit, &[TWO_DAYS, TWO_DAYS]).await;
    assert_eq!(text(&kit, 1).vars["appointment_for"], "Leo");
    assert_eq!(text(&kit, 1).vars["appointment_count"], "1");
    let withdrawn = world(kit.tenant).cancelled[&shared.message.run()].clone();
    assert_eq!(withdrawn, Reason::SUPERSEDED);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_appointment_under_two_ids_is_reminded_of_once() {
    let kit = kit().await;
    let first = put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    let twin = put(&kit, "b", booking(1, "2026-06-15T14:00")).await;
    assert_eq!(twin["possible_duplicate"], first["id"]);
    go_to(&kit, "2026-06-13T14:00");
    until_offered(&kit, &[TWO_DAYS]).await;
    a_while().await;
    assert_eq!(offered(&kit), [TWO_DAYS]);
    let states: Vec<String> = [plan(&kit, "a").await, plan(&kit, "b").await]
        .iter()
        .map(|plan| steps(&plan["reminders"])[0].3.clone())
        .collect();
    assert!(states.contains(&"duplicate".to_string()), "{states:?}");
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn siblings_at_the_same_time_are_reminded_each() {
    let kit = kit().await;
    for (id, name) in [("a", "Ana"), ("b", "Leo")] {
        let mut body = booking(1, "2026-06-15T14:00");
        body["for_person"] = json!(name);
        let made = put(&kit, id, body).await;
        assert_eq!(made.get("possible_duplicate"), None, "{made}");
    }
    go_to(&kit, "2026-06-13T14:00");
    until_offered(&kit, &[TWO_DAYS, TWO_DAYS]).await;
    let mut people = [0, 1].map(|n| text(&kit, n).vars["appointment_for"].clone());
    people.sort();
    assert_eq!(people, ["Ana", "Leo"]);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_about_a_day_lists_the_same_visit_once() {
    let mut body = plan_body();
    body["combine"] = json!("contact_day");
    let kit = kit_with(body).await;
    put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    put(&kit, "a2", booking(1, "2026-06-15T14:00")).await;
    put(&kit, "b", booking(1, "2026-06-15T15:00")).await;
    put(&kit, "b2", booking(1, "2026-06-15T15:00")).await;
    go_to(&kit, "2026-06-13T14:00");
    until_offered(&kit, &[TWO_DAYS]).await;
    assert_eq!(text(&kit, 0).vars["appointment_count"], "2");
    let mut reasons = Vec::new();
    for id in ["a", "a2", "b", "b2"] {
        let plan = plan(&kit, id).await;
        let of = steps(&plan["reminders"])[0].clone();
        reasons.push(if of.2 == "skipped" {
            of.3
        } else {
            "told".into()
        });
    }
    reasons.sort();
    assert_eq!(reasons, ["duplicate", "duplicate", "told", "told"]);
    go_to(&kit, "2026-06-13T15:00");
    a_while().await;
    assert_eq!(offered(&kit), [TWO_DAYS]);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_downtime_no_stale_reminder_is_sent() {
    let kit = kit().await;
    put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    put(&kit, "b", booking(2, "2026-06-15T22:30")).await;
    // Nobody looked for a day and a half; the two days are over, the two hours are not.
    go_to(&kit, "2026-06-15T11:00");
    until("the late one is given up", async || {
        steps(&plan(&kit, "a").await["reminders"])[0].3 == "late"
    })
    .await;
    assert_eq!(
        states(&plan(&kit, "a").await["reminders"]),
        ["skipped", "planned"]
    );
    go_to(&kit, "2026-06-15T12:00");
    until_offered(&kit, &[TWO_HOURS]).await;
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_cannot_be_texted_is_to_be_called_and_the_appointment_stays() {
    let kit = kit().await;
    world(kit.tenant).opted_out.insert(1);
    put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    go_to(&kit, "2026-06-13T14:00");
    until_event(&kit, AppointmentEvent::NeedsCall).await;
    let of = get(&kit, "a").await;
    assert_eq!(of["status"], "scheduled");
    assert_eq!(of["attention"], "needs_call");
    assert_eq!(of["attention_reason"], "OPTED_OUT_GLOBAL");
    let first = &steps(&plan(&kit, "a").await["reminders"])[0];
    assert_eq!(
        (first.2.as_str(), first.3.as_str()),
        ("suppressed", "OPTED_OUT_GLOBAL")
    );
    let (status, list) = kit.get("/v1/appointments?state=needs_call").await;
    assert_eq!((status, list["data"].as_array().unwrap().len()), (200, 1));
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_between_booking_and_reminder_loses_and_doubles_nothing() {
    let kit = kit().await;
    put(&kit, "a", booking(1, "2026-06-11T14:00")).await;
    let mut kit = kit.restart().await;
    kit.lose_jetstream().await;
    go_to(&kit, "2026-06-11T12:00");
    until_offered(&kit, &[TWO_HOURS]).await;
    advance(&kit, TimeDelta::minutes(2));
    a_while().await;
    assert_eq!(offered(&kit), [TWO_HOURS]);
    kit.stop().await;
}
