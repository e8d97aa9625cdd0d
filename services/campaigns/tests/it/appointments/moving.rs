//! Moves and cancellations: who is told what.

use chrono::TimeDelta;
use contract::Reason;
use contract::campaigns::AppointmentEvent;
use serde_json::{Value, json};

use super::booking::step;
use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_nobody_was_told_of_is_silent() {
    let kit = kit().await;
    put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    let moved = put(&kit, "a", booking(1, "2026-06-16T10:00")).await;
    assert_eq!(
        (&moved["effect"], &moved["notice"]),
        (&json!("rescheduled"), &json!("not_needed"))
    );
    let plan = plan(&kit, "a").await;
    assert_eq!(
        steps(&plan["reminders"]),
        [
            step("r2d", "2026-06-14T10:00", "planned", "on_time"),
            step("r2h", "2026-06-16T08:00", "planned", "on_time"),
        ]
    );
    assert_eq!(states(&plan["former"]), ["superseded", "superseded"]);
    // The timer of the old version finds nothing to do.
    go_to(&kit, "2026-06-13T14:00");
    a_while().await;
    assert_eq!(offered(&kit), [0; 0]);
    go_to(&kit, "2026-06-14T10:00");
    until_offered(&kit, &[TWO_DAYS]).await;
    assert_eq!(text(&kit, 0).vars["appointment_at"], "2026-06-16T10:00");
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_moves_after_a_reminder_is_told_once_and_with_the_final_time() {
    let kit = told().await;
    for local in ["2026-06-16T09:00", "2026-06-17T09:00", "2026-06-18T09:00"] {
        let moved = put(&kit, "a", booking(1, local)).await;
        assert_eq!(moved["notice"], "will_send", "{moved}");
        advance(&kit, TimeDelta::seconds(20));
    }
    a_while().await;
    assert_eq!(offered(&kit), [TWO_DAYS]);
    advance(&kit, TimeDelta::seconds(41));
    until_offered(&kit, &[TWO_DAYS, MOVED]).await;
    let notice = text(&kit, 1);
    assert_eq!(notice.vars["appointment_at"], "2026-06-18T09:00");
    assert_eq!(notice.vars["appointment_old_at"], "2026-06-15T14:00");
    until_told(&kit, "a").await;
    advance(&kit, TimeDelta::minutes(10));
    a_while().await;
    assert_eq!(offered(&kit).len(), 2);
    let reminders = plan(&kit, "a").await["reminders"].clone();
    assert_eq!(states(&reminders), ["planned", "planned"]);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn moved_back_before_the_notice_leaves_both_annul() {
    let kit = told().await;
    put(&kit, "a", booking(1, "2026-06-16T09:00")).await;
    advance(&kit, TimeDelta::seconds(30));
    let back = put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    assert_eq!(
        (&back["effect"], &back["notice"]),
        (&json!("rescheduled"), &json!("not_needed"))
    );
    advance(&kit, TimeDelta::minutes(5));
    a_while().await;
    assert_eq!(offered(&kit), [TWO_DAYS]);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queued_text_of_the_old_version_is_withdrawn_and_needs_no_notice() {
    let kit = kit().await;
    world(kit.tenant).texts_wait = true;
    put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    go_to(&kit, "2026-06-13T14:00");
    until_offered(&kit, &[TWO_DAYS]).await;
    let old = text(&kit, 0).message;
    let moved = put(&kit, "a", booking(1, "2026-06-19T14:00")).await;
    assert_eq!(moved["notice"], "not_needed", "{moved}");
    assert_eq!(states(&moved["plan"]), ["planned", "planned"]);
    assert_eq!(world(kit.tenant).cancelled[&old.run()], Reason::SUPERSEDED);
    let plan = plan(&kit, "a").await;
    assert_eq!(states(&plan["former"])[0], "superseded");
    assert_eq!(plan["told"][0]["state"], "never");
    advance(&kit, TimeDelta::minutes(5));
    a_while().await;
    assert_eq!(offered(&kit), [TWO_DAYS]);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_was_just_leaving_is_followed_by_a_notice_once_that_is_known() {
    let kit = kit().await;
    world(kit.tenant).texts_wait = true;
    put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    go_to(&kit, "2026-06-13T14:00");
    until_offered(&kit, &[TWO_DAYS]).await;
    let leaving = text(&kit, 0);
    world(kit.tenant).permitted.insert(leaving.message.run());
    let moved = put(&kit, "a", booking(1, "2026-06-19T14:00")).await;
    assert_eq!(moved["notice"], "undecided", "{moved}");
    advance(&kit, TimeDelta::seconds(61));
    a_while().await;
    assert_eq!(offered(&kit), [TWO_DAYS]);
    let left = fake::slot_of(
        leaving.message,
        contact(1),
        contract::chunk::Outcome::HandedOver,
        Reason::OK,
    );
    let event = contract::dispatch::HandOversRecorded { slots: vec![left] };
    kit.bus.publish(kit.tenant, &event).await.unwrap();
    until("the notice", async || {
        advance(&kit, TimeDelta::seconds(1));
        offered(&kit) == [TWO_DAYS, MOVED]
    })
    .await;
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_stops_everything_and_tells_those_who_know_once() {
    let kit = told().await;
    put(&kit, "untold", booking(2, "2026-06-20T14:00")).await;
    let (status, gone) = kit.delete("/v1/appointments/ext:a").await;
    assert_eq!(
        (status, &gone["effect"], &gone["notice"]),
        (200, &json!("cancelled"), &json!("will_send"))
    );
    let (_, silent) = kit
        .post("/v1/appointments/ext:untold/cancel", json!({}))
        .await;
    assert_eq!(
        (&silent["effect"], &silent["notice"]),
        (&json!("cancelled"), &json!("not_needed"))
    );
    let (_, again) = kit.delete("/v1/appointments/ext:a").await;
    assert_eq!(again["effect"], "unchanged");
    advance(&kit, TimeDelta::seconds(61));
    until_offered(&kit, &[TWO_DAYS, CANCELLED]).await;
    until_told(&kit, "a").await;
    go_to(&kit, "2026-06-20T12:30");
    a_while().await;
    assert_eq!(offered(&kit), [TWO_DAYS, CANCELLED]);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_move_keeps_the_confirmation_and_a_large_one_asks_again() {
    let kit = told().await;
    reply(&kit, 1, "C").await;
    until_event(&kit, AppointmentEvent::Confirmed).await;
    let near = put(&kit, "a", booking(1, "2026-06-15T14:10")).await;
    let of = |answer: &Value| answer["appointment"]["confirmation"].clone();
    assert_eq!(
        (of(&near), &near["notice"]),
        (json!("confirmed"), &json!("will_send"))
    );
    assert_eq!(near["appointment"]["confirmed_version"], 2);
    let far = put(&kit, "a", booking(1, "2026-06-16T14:00")).await;
    assert_eq!(of(&far), "unconfirmed");
    let back = put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    assert_eq!(
        (of(&back), &back["notice"]),
        (json!("confirmed"), &json!("not_needed"))
    );
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_id_that_replaces_an_old_one_is_a_move() {
    let kit = told().await;
    let mut body = booking(1, "2026-06-17T14:00");
    body["replaces"] = json!("ext:a");
    let moved = put(&kit, "b", body).await;
    assert_eq!(
        (&moved["effect"], &moved["notice"]),
        (&json!("rescheduled"), &json!("will_send"))
    );
    let old = get(&kit, "a").await;
    assert_eq!(
        (&old["status"], &old["replaced_by"]),
        (&json!("cancelled"), &moved["id"])
    );
    advance(&kit, TimeDelta::seconds(61));
    until_offered(&kit, &[TWO_DAYS, MOVED]).await;
    assert_eq!(text(&kit, 1).vars["appointment_old_at"], "2026-06-15T14:00");
    go_to(&kit, "2026-06-15T12:00");
    a_while().await;
    assert!(!offered(&kit).contains(&TWO_HOURS));
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_too_late_to_be_texted_wants_a_call() {
    let kit = kit().await;
    put(&kit, "a", booking(1, "2026-06-14T07:30")).await;
    go_to(&kit, "2026-06-13T18:00");
    until_offered(&kit, &[TWO_HOURS]).await;
    until_told(&kit, "a").await;
    go_to(&kit, "2026-06-13T23:00");
    let moved = put(&kit, "a", booking(1, "2026-06-16T07:30")).await;
    assert_eq!(moved["appointment"]["attention_reason"], "notice_too_late");
    assert_eq!(moved["notice_at"], "2026-06-14T12:00:00Z");
    until_event(&kit, AppointmentEvent::NeedsCall).await;
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_into_the_past_stops_everything_and_wants_a_call_where_they_were_told() {
    let kit = told().await;
    put(&kit, "untold", booking(2, "2026-06-16T14:00")).await;
    for (id, person) in [("a", 1), ("untold", 2)] {
        let moved = put(&kit, id, booking(person, "2026-06-13T10:00")).await;
        assert_eq!(
            (&moved["effect"], &moved["notice"]),
            (&json!("rescheduled"), &json!("not_needed")),
            "{moved}"
        );
        assert_eq!(states(&moved["plan"]), ["skipped", "skipped"]);
    }
    until_event(&kit, AppointmentEvent::NeedsCall).await;
    assert_eq!(get(&kit, "a").await["attention_reason"], "moved_to_past");
    assert_eq!(get(&kit, "untold").await["attention"], json!(null));
    go_to(&kit, "2026-06-16T13:00");
    a_while().await;
    assert_eq!(offered(&kit), [TWO_DAYS]);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reminders_near_the_notice_of_a_move_are_left_out() {
    let kit = told().await;
    let moved = put(&kit, "a", booking(1, "2026-06-15T16:30")).await;
    assert_eq!(moved["notice"], "will_send");
    assert_eq!(
        steps(&moved["plan"]),
        [
            step("r2d", "-", "skipped", "collapsed"),
            step("r2h", "2026-06-15T14:30", "planned", "on_time"),
        ]
    );
    advance(&kit, TimeDelta::seconds(61));
    until_offered(&kit, &[TWO_DAYS, MOVED]).await;
    go_to(&kit, "2026-06-13T17:00");
    a_while().await;
    assert_eq!(offered(&kit), [TWO_DAYS, MOVED]);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_leaves_the_time_alone_repeats_no_reminder() {
    let mut body = plan_body();
    body["steps"][0]["late"] = json!("send_now");
    let kit = kit_with(body).await;
    put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    go_to(&kit, "2026-06-13T14:00");
    until_offered(&kit, &[TWO_DAYS]).await;
    until_told(&kit, "a").await;
    let mut renamed = booking(1, "2026-06-15T14:00");
    renamed["subject"] = json!("Check-up");
    let updated = put(&kit, "a", renamed).await;
    assert_eq!(
        (&updated["effect"], &updated["notice"]),
        (&json!("updated"), &json!("not_needed"))
    );
    advance(&kit, TimeDelta::minutes(2));
    a_while().await;
    assert_eq!(offered(&kit), [TWO_DAYS]);
    go_to(&kit, "2026-06-15T12:00");
    until_offered(&kit, &[TWO_DAYS, TWO_HOURS]).await;
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_on_its_way_that_is_still_true_is_left_alone_by_a_change_of_words() {
    let kit = kit().await;
    world(kit.tenant).texts_wait = true;
    put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    go_to(&kit, "2026-06-13T14:00");
    until_offered(&kit, &[TWO_DAYS]).await;
    let mut renamed = booking(1, "2026-06-15T14:00");
    renamed["subject"] = json!("Check-up");
    let updated = put(&kit, "a", renamed).await;
    assert_eq!(
        (&updated["effect"], &updated["notice"]),
        (&json!("updated"), &json!("not_needed")),
        "{updated}"
    );
    assert_eq!(steps(&updated["plan"])[0].0, "r2h");
    assert!(world(kit.tenant).cancelled.is_empty());
    let message = text(&kit, 0).message;
    fake::report_text(&kit, message, contract::chunk::Outcome::HandedOver).await;
    until_told(&kit, "a").await;
    assert_eq!(states(&plan(&kit, "a").await["former"])[0], "sent");
    advance(&kit, TimeDelta::minutes(5));
    a_while().await;
    assert_eq!(offered(&kit), [TWO_DAYS]);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn moved_away_and_back_while_a_text_is_being_taken_back_the_reminder_is_sent_after_all() {
    let kit = kit().await;
    {
        let mut world = world(kit.tenant);
        world.texts_wait = true;
        world.not_yet = 4;
    }
    put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    go_to(&kit, "2026-06-13T14:00");
    until_offered(&kit, &[TWO_DAYS]).await;
    put(&kit, "a", booking(1, "2026-06-16T14:00")).await;
    put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    until("it is sent again", async || {
        advance(&kit, TimeDelta::milliseconds(500));
        offered(&kit) == [TWO_DAYS, TWO_DAYS]
    })
    .await;
    assert_eq!(text(&kit, 1).vars["appointment_at"], "2026-06-15T14:00");
    assert_eq!(
        world(kit.tenant).cancelled.len(),
        1,
        "the first one never leaves"
    );
    advance(&kit, TimeDelta::minutes(5));
    a_while().await;
    assert_eq!(offered(&kit).len(), 2);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_between_the_target_and_the_shifted_time_of_a_reminder_loses_nothing() {
    let kit = kit().await;
    let made = put(&kit, "a", booking(1, "2026-06-11T09:30")).await;
    let waits = step("r2h", "2026-06-11T08:00", "planned", "quiet_later");
    assert_eq!(steps(&made["plan"])[1], waits);
    go_to(&kit, "2026-06-11T07:45");
    let mut renamed = booking(1, "2026-06-11T09:30");
    renamed["subject"] = json!("Check-up");
    let updated = put(&kit, "a", renamed.clone()).await;
    assert_eq!(updated["effect"], "updated");
    assert_eq!(steps(&updated["plan"])[1], waits);
    // Another one beside it is booked as late as that, and is late.
    let late = put(&kit, "b", booking(2, "2026-06-11T09:30")).await;
    assert_eq!(steps(&late["plan"])[1].3, "late_booking");
    // So is the same one at another time.
    let moved = put(&kit, "a", booking(1, "2026-06-11T09:35")).await;
    assert_eq!(steps(&moved["plan"])[1].3, "late_booking");
    let moved = put(&kit, "c", booking(3, "2026-06-12T09:30")).await;
    assert_eq!(steps(&moved["plan"])[1].2, "planned");
    go_to(&kit, "2026-06-12T07:45");
    renamed["contact"] = json!("ext:p3");
    renamed["starts_at"]["local"] = json!("2026-06-12T09:30");
    put(&kit, "c", renamed).await;
    go_to(&kit, "2026-06-12T08:00");
    until_offered(&kit, &[TWO_HOURS]).await;
    assert_eq!(text(&kit, 0).vars["appointment_subject"], "Check-up");
    kit.stop().await;
}
