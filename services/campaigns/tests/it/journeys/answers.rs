//! What people text back to journeys.

use contract::consent::{OptOutRecorded, Reply};
use contract::inbound::MessageReceived;
use contract::{ConsentId, InboundId, Mode, Phone};

use super::*;

const SENDER: &str = "+15005550100";
const OTHER: &str = "+15005550177";

pub(super) const ASKS: &str = "journey: v1\nname: asks\npurpose: informational\ntrigger: {event: order.placed, key: event.order}\n\
    exit: [{event: contact.opted_out}]\nsteps:\n  - {id: hello, send: {template: greeting}}\n  - id: ask\n    await:\n      timeout: P1D\n      \
    replies: {more: {match: [\"MORE\"], steps: [{id: more, send: {template: greeting}}, {id: go_on, wait: {for: P1D}}]}}\n      \
    other: [{id: human, emit: {event: needs.human}}, {id: wait_human, wait: {for: P1D}}]\n";

/// A text of a person, as inbound tells of it.
pub(super) async fn texted(kit: &Kit, person: u32, to: &str, words: &str) -> MessageReceived {
    let id = InboundId::at(kit.clock.now());
    let reply = Reply {
        inbound: id,
        contact: Some(fake::contact(person)),
        from: Phone::from_digits(12_025_550_000 + u64::from(person)).unwrap(),
        to: to.into(),
        text: words.into(),
        received_at: kit.clock.millis(),
        mode: Mode::Test,
    };
    fake::world(kit.tenant).replies.insert(id, reply);
    let event = MessageReceived {
        inbound: id,
        contact: Some(fake::contact(person)),
        provider: "simulator".into(),
        at: kit.clock.millis(),
    };
    kit.bus.publish(kit.tenant, &event).await.unwrap();
    event
}

async fn asked(kit: &Kit, person: u32, order: &str) -> String {
    let id = published(kit, ASKS).await;
    let placed = event(order, "order.placed", person, &json!({"order": order}));
    tell(kit, &[placed]).await;
    until_runs(kit, &id, |runs| {
        runs.len() == 1 && runs[0]["at"] == json!(["ask"])
    })
    .await;
    id
}

#[tokio::test]
async fn a_reply_reaches_the_run_that_asked_once_and_other_words_take_the_other_way() {
    let kit = kit(10).await;
    let id = asked(&kit, 1, "o1").await;
    let said = texted(&kit, 1, SENDER, "More of what?").await;
    until_runs(&kit, &id, |runs| runs[0]["at"] == json!(["wait_human"])).await;
    kit.bus.publish(kit.tenant, &said).await.unwrap();
    tell(
        &kit,
        &[event("o2", "order.placed", 2, &json!({"order": "o2"}))],
    )
    .await;
    until_runs(&kit, &id, |runs| {
        runs.len() == 2 && runs[0]["at"] == json!(["ask"])
    })
    .await;
    texted(&kit, 2, SENDER, "more").await;
    let runs = until_runs(&kit, &id, |runs| runs[0]["at"] == json!(["go_on"])).await;
    assert_eq!(texts(&run(&kit, &runs[0]["id"]).await), 2);
    assert_eq!(runs[1]["at"], json!(["wait_human"]));
    kit.stop().await;
}

#[tokio::test]
async fn of_two_questions_the_later_one_is_answered() {
    let kit = kit(10).await;
    let id = asked(&kit, 1, "o1").await;
    kit.clock.advance(chrono::Duration::minutes(5));
    tell(
        &kit,
        &[event("o2", "order.placed", 1, &json!({"order": "o2"}))],
    )
    .await;
    until_runs(&kit, &id, |runs| {
        runs.len() == 2 && runs[0]["at"] == json!(["ask"])
    })
    .await;
    texted(&kit, 1, SENDER, "MORE").await;
    let runs = until_runs(&kit, &id, |runs| runs[0]["at"] == json!(["go_on"])).await;
    assert_eq!(
        (&runs[0]["key"], &runs[1]["at"]),
        (&json!("o2"), &json!(["ask"]))
    );
    texted(&kit, 1, SENDER, "MORE").await;
    until_runs(&kit, &id, |runs| runs[1]["at"] == json!(["go_on"])).await;
    kit.stop().await;
}

#[tokio::test]
async fn an_opt_out_word_and_help_are_no_answers_and_an_opt_out_ends_the_run() {
    let kit = kit(10).await;
    let id = asked(&kit, 1, "o1").await;
    texted(&kit, 1, SENDER, "STOP").await;
    texted(&kit, 1, OTHER, "HELP").await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(runs(&kit, &id).await[0]["at"], json!(["ask"]));
    let opted_out = OptOutRecorded {
        consent: ConsentId::from_raw(7),
        contact: Some(fake::contact(1)),
        method: "keyword".into(),
        at: kit.clock.millis(),
    };
    for _ in 0..2 {
        kit.bus.publish(kit.tenant, &opted_out).await.unwrap();
    }
    until_runs(&kit, &id, |runs| runs[0]["state"] == "cancelled").await;
    kit.stop().await;
}

#[tokio::test]
async fn an_answer_in_time_is_one_to_the_question_and_after_it_to_nothing() {
    let kit = kit(10).await;
    let id = asked(&kit, 1, "o1").await;
    kit.clock.advance(chrono::Duration::days(1));
    until_runs(&kit, &id, |runs| runs[0]["state"] == "completed").await;
    texted(&kit, 1, SENDER, "MORE").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let ended = runs(&kit, &id).await;
    assert_eq!(texts(&run(&kit, &ended[0]["id"]).await), 1);
    kit.stop().await;
}
