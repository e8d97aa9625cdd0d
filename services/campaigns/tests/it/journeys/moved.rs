//! Appointments of ours that change while a journey is about them.

use super::answers::texted;
use super::*;
use crate::appointments::{self, SENDER, booking, get, put};

const VISIT: &str = "journey: v1\nname: visit\npurpose: appointment\ntrigger: {event: appointment.scheduled, key: appointment.id}\n\
    replan: {event: appointment.rescheduled, reset: [appointment.confirmation], notice: {template: greeting}}\n\
    steps:\n  - {id: hello, send: {template: greeting}}\n  - id: replies\n    await:\n      background: true\n      \
    until: appointment.starts_at\n      replies: {confirm: {match: [\"C\", \"YES\"], steps: [{id: mark, update: {appointment.confirmation: confirmed}}]}}\n  \
    - {id: before, wait: {until: appointment.starts_at, offset: -PT2H}}\n";

/// The run's text of this place has arrived.
async fn arrived(kit: &Kit, run_id: &Value, n: usize) {
    appointments::until("the text has arrived", async || {
        run(kit, run_id).await["texts"][n]["state"] == "delivered"
    })
    .await;
}

async fn told(kit: &Kit) -> Value {
    let id = published(kit, VISIT).await;
    put(kit, "a", booking(1, "2026-06-25T14:00")).await;
    let started = until_runs(kit, &id, |runs| runs.len() == 1).await;
    arrived(kit, &started[0]["id"], 0).await;
    started[0]["id"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn c_within_a_minute_of_a_move_is_answered_with_the_new_time_and_confirms_nothing() {
    let kit = appointments::kit().await;
    let visit = told(&kit).await;
    put(&kit, "a", booking(1, "2026-06-26T16:00")).await;
    texted(&kit, 1, SENDER, "C").await;
    arrived(&kit, &visit, 1).await;
    assert_eq!(get(&kit, "a").await["confirmation"], "unconfirmed");
    texted(&kit, 1, SENDER, "yes please").await;
    appointments::until("the new time is confirmed", async || {
        get(&kit, "a").await["confirmation"] == "confirmed"
    })
    .await;
    assert_eq!(texts(&run(&kit, &visit).await), 2);
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_counts_after_a_change_that_moves_nothing() {
    let kit = appointments::kit().await;
    told(&kit).await;
    let mut longer = booking(1, "2026-06-25T14:00");
    longer["duration"] = json!("PT90M");
    let before = get(&kit, "a").await["version"].clone();
    put(&kit, "a", longer).await;
    assert_ne!(get(&kit, "a").await["version"], before);
    texted(&kit, 1, SENDER, "C").await;
    appointments::until("the appointment is confirmed", async || {
        get(&kit, "a").await["confirmation"] == "confirmed"
    })
    .await;
    kit.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appointment_of_another_person_ends_the_run_of_the_first_and_starts_one_of_theirs() {
    let kit = appointments::kit().await;
    let visit = told(&kit).await;
    let id = run(&kit, &visit).await["journey"]
        .as_str()
        .unwrap()
        .to_string();
    let other = put(&kit, "a", booking(2, "2026-06-25T14:00")).await;
    assert_eq!(other["effect"], "updated");
    let both = until_runs(&kit, &id, |runs| {
        runs.len() == 2 && runs[1]["state"] == "cancelled"
    })
    .await;
    assert_eq!(
        (&both[1]["id"], &both[0]["state"]),
        (&visit, &json!("active")),
        "{both:?}"
    );
    assert_eq!(both[0]["contact"], json!(fake::contact(2).to_string()));
    kit.stop().await;
}
