//! What people text back.

use chrono::TimeDelta;
use contract::Class;
use contract::campaigns::AppointmentEvent;
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
