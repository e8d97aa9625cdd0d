//! What people text back.

use chrono::TimeDelta;
use contract::Class;
use contract::campaigns::{AppointmentEvent, DescribeAppointment};
use serde_json::json;

use super::*;

/// Two people were told two days before: 1 of one appointment, 2 of two that came apart by a minute.
async fn told() -> Kit {
    let kit = kit().await;
    put(&kit, "a", booking(1, "2026-06-15T14:00")).await;
    put(&kit, "b", booking(2, "2026-06-15T14:00")).await;
    put(&kit, "c", booking(2, "2026-06-15T14:30")).await;
    go_to(&kit, "2026-06-13T14:00");
    until("two texts", async || offered(&kit).len() == 2).await;
    go_to(&kit, "2026-06-13T14:30");
    until("three texts", async || offered(&kit).len() == 3).await;
    for id in ["a", "b", "c"] {
        until_told(&kit, id).await;
    }
    kit
}

async fn until_confirmation(kit: &Kit, id: &str, wanted: &str) {
    until(wanted, async || {
        get(kit, id).await["confirmation"] == wanted
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c_confirms_once_and_is_answered_once() {
    let kit = told().await;
    reply(&kit, 1, "👍 thanks").await;
    until_confirmation(&kit, "a", "confirmed").await;
    until("the answer", async || {
        offered(&kit).last() == Some(&CONFIRMED)
    })
    .await;
    let answer = text(&kit, 3);
    assert_eq!(
        (answer.class, answer.contact),
        (Class::Conversation, contact(1))
    );
    reply(&kit, 1, "Yes").await;
    a_while().await;
    assert_eq!(offered(&kit).len(), 4);
    let confirmed = |event: &&AppointmentEvent| **event == AppointmentEvent::Confirmed;
    assert_eq!(events(&kit).iter().filter(confirmed).count(), 1);
    // A confirmed one is not asked for at a day before.
    go_to(&kit, "2026-06-14T14:30");
    until_event(&kit, AppointmentEvent::Unconfirmed).await;
    assert_eq!(get(&kit, "a").await["attention"], json!(null));
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r_and_x_are_wishes_and_a_confirmation_after_x_is_for_a_human() {
    let kit = told().await;
    reply(&kit, 1, "R").await;
    until_confirmation(&kit, "a", "reschedule_requested").await;
    until_event(&kit, AppointmentEvent::RescheduleRequested).await;
    reply(&kit, 1, "can't make it").await;
    until_confirmation(&kit, "a", "cancel_requested").await;
    assert_eq!(get(&kit, "a").await["status"], "scheduled");
    reply(&kit, 1, "C").await;
    until_event(&kit, AppointmentEvent::NeedsAttention).await;
    let of = get(&kit, "a").await;
    assert_eq!(of["attention_reason"], "confirmed_after_cancel");
    assert_eq!(of["confirmation"], "cancel_requested");
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancel_is_an_opt_out_and_never_cancels_the_appointment() {
    let kit = told().await;
    reply(&kit, 1, "CANCEL").await;
    until_event(&kit, AppointmentEvent::NeedsAttention).await;
    let of = get(&kit, "a").await;
    assert_eq!(
        (&of["status"], &of["confirmation"]),
        (&json!("scheduled"), &json!("unconfirmed"))
    );
    assert_eq!(of["attention_reason"], "opted_out");
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_two_is_asked_which_one_is_meant() {
    let kit = told().await;
    reply(&kit, 2, "X").await;
    until("the question", async || {
        offered(&kit).last() == Some(&WHICH)
    })
    .await;
    let question = text(&kit, 3);
    assert_eq!(
        question.vars["appointment_list"],
        "1) 2026-06-15 14:00 Cleaning, 2) 2026-06-15 14:30 Cleaning"
    );
    until_told(&kit, "c").await;
    advance(&kit, TimeDelta::seconds(1));
    reply(&kit, 2, "2").await;
    until_confirmation(&kit, "c", "cancel_requested").await;
    assert_eq!(get(&kit, "b").await["confirmation"], "unconfirmed");
    reply(&kit, 2, "What is this about?").await;
    until("a human", async || {
        get(&kit, "b").await["attention_reason"] == "reply_not_understood"
            || get(&kit, "c").await["attention_reason"] == "reply_not_understood"
    })
    .await;
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c_to_the_old_time_confirms_nothing_and_is_answered_with_the_new_one() {
    let kit = told().await;
    put(&kit, "a", booking(1, "2026-06-16T09:00")).await;
    reply(&kit, 1, "C").await;
    until("the new time", async || {
        offered(&kit).last() == Some(&MOVED)
    })
    .await;
    assert_eq!(get(&kit, "a").await["confirmation"], "unconfirmed");
    until_told(&kit, "a").await;
    // They know now; the notice would say it again.
    advance(&kit, TimeDelta::minutes(2));
    a_while().await;
    assert_eq!(offered(&kit).len(), 4);
    reply(&kit, 1, "C").await;
    until_confirmation(&kit, "a", "confirmed").await;
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_after_the_start_or_to_nothing_changes_nothing() {
    let kit = told().await;
    reply(&kit, 3, "C").await;
    go_to(&kit, "2026-06-15T14:00");
    reply(&kit, 1, "C").await;
    a_while().await;
    assert_eq!(get(&kit, "a").await["confirmation"], "unconfirmed");
    assert!(!events(&kit).contains(&AppointmentEvent::Confirmed));
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn yes_confirms_and_one_that_opts_in_again_does_not() {
    let kit = told().await;
    world(kit.tenant).yes_opts_in = true;
    reply(&kit, 1, "YES").await;
    a_while().await;
    assert_eq!(get(&kit, "a").await["confirmation"], "unconfirmed");
    world(kit.tenant).yes_opts_in = false;
    reply(&kit, 1, "YES").await;
    until_confirmation(&kit, "a", "confirmed").await;
    let of = get(&kit, "a").await;
    assert_eq!(
        (&of["confirmed_by"], &of["confirmed_version"]),
        (&json!("r2d"), &of["version"])
    );
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn help_is_no_answer_and_wants_no_human_here() {
    let kit = told().await;
    reply(&kit, 1, "HELP").await;
    a_while().await;
    let of = get(&kit, "a").await;
    assert_eq!(
        (&of["confirmation"], &of["attention"]),
        (&json!("unconfirmed"), &json!(null))
    );
    assert_eq!(offered(&kit).len(), 3);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancel_my_appointment_is_a_wish_while_a_human_looks_whether_it_is_an_opt_out() {
    let kit = told().await;
    reply(&kit, 1, "cancel my appointment please").await;
    until_confirmation(&kit, "a", "cancel_requested").await;
    assert_eq!(get(&kit, "a").await["status"], "scheduled");
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c_to_the_old_place_confirms_nothing_and_is_answered_with_the_new_one() {
    let kit = told().await;
    let mut elsewhere = booking(1, "2026-06-15T14:00");
    elsewhere["location"] = json!("Oak St");
    put(&kit, "a", elsewhere).await;
    reply(&kit, 1, "C").await;
    until("the new place", async || {
        offered(&kit).last() == Some(&MOVED)
    })
    .await;
    assert_eq!(text(&kit, 3).vars["appointment_location"], "Oak St");
    assert_eq!(text(&kit, 3).vars["appointment_old_at"], "2026-06-15T14:00");
    assert_eq!(get(&kit, "a").await["confirmation"], "unconfirmed");
    // The notice that was due would say the same again.
    advance(&kit, TimeDelta::minutes(2));
    a_while().await;
    assert_eq!(offered(&kit).len(), 4);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_is_told_what_stands_behind_a_cancel_and_nothing_of_others() {
    let kit = told().await;
    let ask = async |person: u32, sender: &str| {
        let question = DescribeAppointment {
            contact: Some(contact(person)),
            phone: Phone::from_digits(12_025_550_000 + u64::from(person)).unwrap(),
            sender: sender.into(),
            mode: Mode::Test,
        };
        kit.bus.ask(kit.tenant, &question).await.unwrap()
    };
    assert_eq!(
        ask(1, SENDER).await.as_deref(),
        Some("Your appointment Mon 15 Jun 2:00 PM is still booked; call us to cancel it.")
    );
    let both = ask(2, SENDER).await.unwrap();
    assert!(both.contains("2:00 PM + Mon 15 Jun 2:30 PM"), "{both}");
    assert_eq!(ask(3, SENDER).await, None);
    let (status, plans) = kit.get("/v1/reminder-plans").await;
    assert_eq!(status, 200);
    let path = format!(
        "/v1/reminder-plans/{}",
        plans["data"][0]["id"].as_str().unwrap()
    );
    let mut body = plan_body();
    body["still_booked"] = json!("{subject} {date} {time} stands. Call (212) 555-0100.");
    let (status, changed) = kit.put(&path, body).await;
    assert_eq!(status, 200, "{changed}");
    // It is under the new version once it changes itself.
    let mut renamed = booking(1, "2026-06-15T14:00");
    renamed["subject"] = json!("Check-up");
    put(&kit, "a", renamed).await;
    assert_eq!(
        ask(1, SENDER).await.as_deref(),
        Some("Check-up 2026-06-15 14:00 stands. Call (212) 555-0100.")
    );
    kit.delete("/v1/appointments/ext:a").await;
    assert_eq!(ask(1, SENDER).await, None);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_tell_which_reminder_was_answered_how_soon_and_which_slots_were_filled_again() {
    let kit = told().await;
    advance(&kit, TimeDelta::minutes(3));
    reply(&kit, 1, "C").await;
    until_confirmation(&kit, "a", "confirmed").await;
    put(&kit, "c", booking(2, "2026-06-16T15:00")).await;
    kit.delete("/v1/appointments/ext:b").await;
    advance(&kit, TimeDelta::minutes(20));
    put(&kit, "d", booking(4, "2026-06-15T14:00")).await;
    let (_, figures) = kit
        .get("/v1/appointment-figures?from=2026-06-01T00:00:00Z&to=2026-07-01T00:00:00Z")
        .await;
    assert_eq!(
        figures["by_step"],
        json!([{"step": "r2d", "sent": 3, "confirmed": 1, "confirm_rate": 0.3333}]),
        "{figures}"
    );
    assert_eq!(figures["answered"], 1);
    // Told at 14:00, half an hour before the third of them was.
    let took = figures["median_answer_seconds"].as_u64().unwrap();
    assert!((33 * 60..34 * 60).contains(&took), "{took}");
    assert_eq!(
        (&figures["rescheduled"], &figures["reschedule_rate"]),
        (&json!(1), &json!(0.3333))
    );
    assert_eq!(
        (&figures["cancelled"], &figures["refilled"]),
        (&json!(1), &json!(1))
    );
    kit.stop().await;
}
