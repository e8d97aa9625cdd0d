//! Appointments that take the place of others: calendars that tell a move as a cancellation and a booking.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::booking::step;
use super::*;

async fn delete(kit: &Kit, id: &str) -> Value {
    let (status, gone) = kit.delete(&format!("/v1/appointments/ext:{id}")).await;
    assert_eq!(status, 200, "{gone}");
    gone
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_and_a_booking_within_ten_minutes_are_one_move() {
    let kit = told().await;
    assert_eq!(delete(&kit, "a").await["notice"], "will_send");
    advance(&kit, TimeDelta::seconds(5));
    let moved = put(&kit, "b", booking(1, "2026-06-17T14:00")).await;
    assert_eq!(
        (&moved["effect"], &moved["notice"]),
        (&json!("rescheduled"), &json!("will_send")),
        "{moved}"
    );
    let old = get(&kit, "a").await;
    assert_eq!(
        (&old["replaced_by"], &old["notice_at"]),
        (&moved["id"], &json!(null))
    );
    advance(&kit, TimeDelta::seconds(61));
    until_offered(&kit, &[TWO_DAYS, MOVED]).await;
    assert_eq!(text(&kit, 1).vars["appointment_old_at"], "2026-06-15T14:00");
    assert_eq!(text(&kit, 1).vars["appointment_at"], "2026-06-17T14:00");
    until_told(&kit, "b").await;
    reply(&kit, 1, "C").await;
    until("the new one is confirmed", async || {
        get(&kit, "b").await["confirmation"] == "confirmed"
    })
    .await;
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_and_then_the_cancellation_are_the_same_move() {
    let kit = told().await;
    let booked = put(&kit, "b", booking(1, "2026-06-17T14:00")).await;
    assert_eq!(booked["effect"], "scheduled");
    advance(&kit, TimeDelta::seconds(5));
    let gone = delete(&kit, "a").await;
    assert_eq!(
        (&gone["effect"], &gone["notice"]),
        (&json!("cancelled"), &json!("not_needed")),
        "{gone}"
    );
    assert_eq!(gone["appointment"]["replaced_by"], booked["id"]);
    let new = get(&kit, "b").await;
    assert!(new["notice_at"].is_string(), "{new}");
    assert!(new["version"].as_u64() > booked["version"].as_u64());
    advance(&kit, TimeDelta::seconds(61));
    until_offered(&kit, &[TWO_DAYS, MOVED]).await;
    assert_eq!(text(&kit, 1).vars["appointment_at"], "2026-06-17T14:00");
    // The other order, told again by a source that repeats itself.
    assert_eq!(delete(&kit, "a").await["effect"], "unchanged");
    advance(&kit, TimeDelta::minutes(5));
    a_while().await;
    assert_eq!(offered(&kit).len(), 2);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_after_the_cancellation_was_told_is_told_as_a_move() {
    let kit = told().await;
    delete(&kit, "a").await;
    advance(&kit, TimeDelta::seconds(61));
    until_offered(&kit, &[TWO_DAYS, CANCELLED]).await;
    until_told(&kit, "a").await;
    advance(&kit, TimeDelta::minutes(5));
    let moved = put(&kit, "b", booking(1, "2026-06-17T14:00")).await;
    assert_eq!(moved["effect"], "rescheduled", "{moved}");
    advance(&kit, TimeDelta::seconds(61));
    until_offered(&kit, &[TWO_DAYS, CANCELLED, MOVED]).await;
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_late_or_about_something_else_is_no_move() {
    let kit = told().await;
    delete(&kit, "a").await;
    let mut other = booking(1, "2026-06-17T10:00");
    other["subject"] = json!("Check-up");
    let other = put(&kit, "other", other).await;
    assert_eq!(
        (&other["effect"], &other["notice"]),
        (&json!("scheduled"), &json!("not_needed"))
    );
    let somebody = put(&kit, "somebody", booking(2, "2026-06-17T14:00")).await;
    assert_eq!(somebody["effect"], "scheduled");
    advance(&kit, TimeDelta::minutes(11));
    let late = put(&kit, "late", booking(1, "2026-06-18T14:00")).await;
    assert_eq!(
        (&late["effect"], &late["notice"]),
        (&json!("scheduled"), &json!("not_needed"))
    );
    assert_eq!(get(&kit, "a").await["replaced_by"], json!(null));
    until_offered(&kit, &[TWO_DAYS, CANCELLED]).await;
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_names_what_a_new_booking_was_before() {
    let kit = told().await;
    let mut body = booking(1, "2026-06-17T14:00");
    body["rescheduledFrom"] = json!("a");
    let moved = put(&kit, "b", body.clone()).await;
    assert_eq!(
        (&moved["effect"], &moved["notice"]),
        (&json!("rescheduled"), &json!("will_send"))
    );
    assert_eq!(moved["appointment"]["moves"], 1);
    assert_eq!(get(&kit, "a").await["replaced_by"], moved["id"]);
    // It was booked before anybody told us of it.
    body["rescheduledFrom"] = json!("unknown");
    body["starts_at"]["local"] = json!("2026-06-19T14:00");
    let first = put(&kit, "c", body).await;
    assert_eq!(first["effect"], "scheduled");
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_text_that_told_of_both_is_no_hindrance() {
    let mut body = plan_body();
    body["combine"] = json!("contact_day");
    let kit = kit_with(body).await;
    put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    put(&kit, "b", booking(1, "2026-06-15T15:00")).await;
    go_to(&kit, "2026-06-13T14:00");
    until_offered(&kit, &[TWO_DAYS]).await;
    until_told(&kit, "b").await;
    let mut later = booking(1, "2026-06-16T15:00");
    later["replaces"] = json!("ext:a");
    let moved = put(&kit, "b", later).await;
    assert_eq!(
        (&moved["effect"], &moved["notice"]),
        (&json!("rescheduled"), &json!("will_send"))
    );
    assert_eq!(get(&kit, "a").await["replaced_by"], moved["id"]);
    advance(&kit, TimeDelta::seconds(61));
    until_offered(&kit, &[TWO_DAYS, MOVED]).await;
    assert_eq!(text(&kit, 1).vars["appointment_old_at"], "2026-06-15T15:00");
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_there_takes_the_place_of_another_although_nothing_else_differs() {
    let kit = kit().await;
    put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    let mut body = booking(1, "2026-06-17T14:00");
    put(&kit, "b", body.clone()).await;
    body["replaces"] = json!("ext:a");
    let moved = put(&kit, "b", body.clone()).await;
    assert_eq!(
        (&moved["effect"], &moved["notice"]),
        (&json!("rescheduled"), &json!("not_needed"))
    );
    assert_eq!(moved["appointment"]["moves"], 1);
    let old = get(&kit, "a").await;
    assert_eq!(
        (&old["status"], &old["replaced_by"]),
        (&json!("cancelled"), &moved["id"])
    );
    until_event(&kit, AppointmentEvent::Cancelled).await;
    assert_eq!(put(&kit, "b", body).await["effect"], "unchanged");
    go_to(&kit, "2026-06-13T14:00");
    a_while().await;
    assert_eq!(offered(&kit), [0; 0]);
    go_to(&kit, "2026-06-15T14:00");
    until_offered(&kit, &[TWO_DAYS]).await;
    assert_eq!(text(&kit, 0).vars["appointment_at"], "2026-06-17T14:00");
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_id_of_the_same_time_repeats_no_reminder_and_keeps_the_confirmation() {
    let mut plan = plan_body();
    plan["steps"][0]["late"] = json!("send_now");
    let kit = kit_with(plan).await;
    put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    go_to(&kit, "2026-06-13T14:00");
    until_offered(&kit, &[TWO_DAYS]).await;
    until_told(&kit, "a").await;
    reply(&kit, 1, "C").await;
    until_offered(&kit, &[TWO_DAYS, CONFIRMED]).await;
    let mut body = booking(1, "2026-06-15T14:00");
    body["replaces"] = json!("ext:a");
    let made = put(&kit, "b", body).await;
    assert_eq!(made["notice"], "not_needed", "{made}");
    // One that was there before it takes it over in the same way.
    let mut there = booking(1, "2026-06-15T14:00");
    there["subject"] = json!("Check-up");
    there["reminder_plan"] = made["appointment"]["reminder_plan"].clone();
    there["starts_at"]["local"] = json!("2026-06-19T14:00");
    put(&kit, "c", there.clone()).await;
    there["starts_at"]["local"] = json!("2026-06-15T14:00");
    there["replaces"] = json!("ext:b");
    let made = put(&kit, "c", there).await;
    assert_eq!(made["notice"], "not_needed", "{made}");
    assert_eq!(made["appointment"]["confirmation"], "confirmed");
    assert_eq!(states(&made["plan"]), ["planned"], "{made}");
    advance(&kit, TimeDelta::minutes(5));
    a_while().await;
    assert_eq!(offered(&kit), [TWO_DAYS, CONFIRMED]);
    go_to(&kit, "2026-06-15T12:00");
    until_offered(&kit, &[TWO_DAYS, CONFIRMED, TWO_HOURS]).await;
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_id_between_the_target_and_the_shifted_time_of_a_reminder_loses_nothing() {
    let kit = kit().await;
    let early = |person| booking(person, "2026-06-11T09:30");
    for (id, person) in [("a", 1), ("b", 2), ("c", 3)] {
        put(&kit, id, early(person)).await;
    }
    go_to(&kit, "2026-06-11T07:45");
    let waits = step("r2h", "2026-06-11T08:00", "planned", "quiet_later");
    let mut named = early(1);
    named["replaces"] = json!("ext:a");
    let made = put(&kit, "a2", named).await;
    assert_eq!(steps(&made["plan"])[1], waits, "{made}");
    delete(&kit, "b").await;
    let made = put(&kit, "b2", early(2)).await;
    assert_eq!(steps(&made["plan"])[1], waits, "{made}");
    put(&kit, "c2", early(3)).await;
    delete(&kit, "c").await;
    let moved = plan(&kit, "c2").await;
    assert_eq!(steps(&moved["reminders"])[1], waits, "{moved}");
    go_to(&kit, "2026-06-11T08:00");
    until_offered(&kit, &[TWO_HOURS, TWO_HOURS, TWO_HOURS]).await;
    a_while().await;
    assert_eq!(offered(&kit).len(), 3);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_text_that_is_taken_back_is_sent_anew_for_what_took_the_place_of_another() {
    let mut body = plan_body();
    body["combine"] = json!("contact_day");
    let kit = kit_with(body).await;
    world(kit.tenant).texts_wait = true;
    put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    put(&kit, "beside", booking(1, "2026-06-15T15:00")).await;
    go_to(&kit, "2026-06-13T14:00");
    until_offered(&kit, &[TWO_DAYS]).await;
    let mut same = booking(1, "2026-06-15T14:00");
    same["replaces"] = json!("ext:a");
    let made = put(&kit, "b", same).await;
    assert_eq!(states(&made["plan"]), ["planned"], "the text says it");
    // It says of this one, too, what is not true any more.
    put(&kit, "beside", booking(1, "2026-06-19T15:00")).await;
    until_offered(&kit, &[TWO_DAYS, TWO_DAYS]).await;
    assert_eq!(text(&kit, 1).vars["appointment_at"], "2026-06-15T14:00");
    advance(&kit, TimeDelta::minutes(5));
    a_while().await;
    assert_eq!(offered(&kit).len(), 2);
    kit.stop().await;
}
