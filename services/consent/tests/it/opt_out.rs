//! STOP, START and HELP.

use contract::chunk::SlotRef;
use contract::consent::{ActOnReply, Keyword, OptOutConfirmed, OptOutRecorded};
use contract::dispatch::SendAnswer;
use contract::{Class, UnixMillis};
use serde_json::json;

use crate::Kit;
use crate::support::{
    Told, ask, close, contact, grant, listen, next, opt_in_all, phone, register, reply, run,
    silence, text_back,
};

#[tokio::test]
async fn a_stop_is_confirmed_once_the_permits_open_at_that_moment_have_closed() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..64).await;
    let epoch = register(&kit).await;
    let (first, second) = (
        SlotRef {
            run: run(1),
            chunk: 0,
            slot: 0,
        },
        SlotRef {
            run: run(2),
            chunk: 0,
            slot: 0,
        },
    );
    let everyone: Vec<u64> = (0..64).collect();
    assert_eq!(
        grant(&kit, &ask(&kit, first, epoch, &everyone))
            .await
            .granted
            .len(),
        64
    );

    let mut recorded = listen::<OptOutRecorded>(&kit).await;
    let mut confirmed = listen::<OptOutConfirmed>(&kit).await;
    let mut sent = listen::<SendAnswer>(&kit).await;
    let answer = text_back(&kit, 5, 1, "Stop!").await;
    assert_eq!(answer.keyword, Keyword::Stop);
    let said = next(&mut recorded).await;
    assert_eq!(
        (Some(said.consent), said.contact, said.method.as_str()),
        (answer.consent, Some(contact(5)), "keyword")
    );

    let told = grant(&kit, &ask(&kit, second, epoch, &everyone)).await;
    assert_eq!(told.refused, [("OPTED_OUT_CLASS".to_string(), vec![5])]);
    assert_eq!(told.granted.len(), 63);
    silence(&mut confirmed, 300).await;
    close(&kit, epoch, &[second]).await;
    silence(&mut confirmed, 300).await;
    close(&kit, epoch, &[first]).await;
    assert_eq!(Some(next(&mut confirmed).await.consent), answer.consent);

    let command = next(&mut sent).await;
    assert_eq!(
        (command.head.class, command.texts.len()),
        (Class::OptOutConfirmation, 1)
    );
    assert_eq!(command.texts[0].phone, phone(5));
    assert!(command.texts[0].body.starts_with("You are unsubscribed"));
    let slot = SlotRef {
        run: command.head.run,
        chunk: 0,
        slot: 0,
    };
    let mut question = ask(&kit, slot, epoch, &[5]);
    question.class = Class::OptOutConfirmation;
    assert_eq!(grant(&kit, &question).await.granted, [0]);
    // The STOP answered marketing; what is owed to the person still comes, until they say all of it.
    question.class = Class::Appointment;
    question.slot.run = run(3);
    assert_eq!(grant(&kit, &question).await.granted, [0]);
    close(&kit, epoch, &[slot, question.slot]).await;
    text_back(&kit, 5, 2, "stop all").await;
    next(&mut confirmed).await;
    question.slot.run = run(4);
    assert_eq!(
        grant(&kit, &question).await.refused,
        [("OPTED_OUT_GLOBAL".to_string(), vec![0])]
    );
    silence(&mut sent, 300).await;
    kit.stop().await;
}

#[tokio::test]
async fn the_same_reply_is_recorded_once_however_it_comes() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let first = text_back(&kit, 1, 7, "UNSUBSCRIBE").await;
    let again = text_back(&kit, 1, 7, "UNSUBSCRIBE").await;
    assert!(first.consent.is_some());
    assert_eq!(first, again);
    let mut confirmed = listen::<OptOutConfirmed>(&kit).await;
    kit.bus
        .publish(
            kit.tenant,
            &ActOnReply {
                reply: reply(&kit, 1, 7, "UNSUBSCRIBE"),
            },
        )
        .await
        .unwrap();
    kit.bus
        .publish(
            kit.tenant,
            &ActOnReply {
                reply: reply(&kit, 2, 8, "stop"),
            },
        )
        .await
        .unwrap();
    next(&mut confirmed).await;
    let (_, history) = kit
        .get(&format!("/v1/consents?phone={}", phone(1).digits()))
        .await;
    assert_eq!(
        history["data"].as_array().map(Vec::len),
        Some(1),
        "{history}"
    );
    kit.stop().await;
}

#[tokio::test]
async fn start_restores_what_a_stop_revoked() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..1).await;
    text_back(&kit, 0, 1, "STOP").await;
    let path = format!("/v1/standing?phone={}", phone(0).digits());
    let (_, standing) = kit.get(&path).await;
    assert_eq!(
        (&standing["opted_out"], &standing["programmes"]),
        (&json!(true), &json!([]))
    );
    assert_eq!(text_back(&kit, 0, 2, "start").await.keyword, Keyword::Start);
    let (_, standing) = kit.get(&path).await;
    assert_eq!(
        (&standing["opted_out"], &standing["programmes"]),
        (&json!(false), &json!(["default"]))
    );
    assert_eq!(standing["revision"], 3);
    kit.stop().await;
}

#[tokio::test]
async fn help_is_answered_once_and_a_conversation_is_left_alone() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let epoch = register(&kit).await;
    let mut sent = listen::<SendAnswer>(&kit).await;
    assert_eq!(
        text_back(&kit, 0, 1, "see you tomorrow").await.keyword,
        Keyword::None
    );
    assert_eq!(text_back(&kit, 0, 2, "help").await.keyword, Keyword::Help);
    let command = next(&mut sent).await;
    assert_eq!(
        (command.head.class, command.texts[0].phone),
        (Class::HelpReply, phone(0))
    );
    text_back(&kit, 0, 2, "help").await;
    let again = next(&mut sent).await;
    assert_eq!(
        again.head.run, command.head.run,
        "a repetition asks for the same permit"
    );
    let mut question = ask(
        &kit,
        SlotRef {
            run: command.head.run,
            chunk: 0,
            slot: 0,
        },
        epoch,
        &[0],
    );
    question.class = Class::HelpReply;
    assert_eq!(grant(&kit, &question).await.granted, [0]);
    assert_eq!(
        grant(&kit, &question).await,
        Told {
            granted: vec![],
            before: vec![0],
            refused: vec![]
        }
    );
    kit.stop().await;
}

#[tokio::test]
async fn a_confirmation_later_than_five_minutes_is_not_sent() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let epoch = register(&kit).await;
    let mut sent = listen::<SendAnswer>(&kit).await;
    text_back(&kit, 0, 1, "STOP").await;
    let command = next(&mut sent).await;
    kit.clock.advance(chrono::Duration::minutes(6));
    let mut question = ask(
        &kit,
        SlotRef {
            run: command.head.run,
            chunk: 0,
            slot: 0,
        },
        epoch,
        &[0],
    );
    question.class = Class::OptOutConfirmation;
    question.valid_until = UnixMillis(kit.clock.millis().0 + 1_000_000);
    assert_eq!(
        grant(&kit, &question).await.refused,
        [("CONFIRMATION_TOO_LATE".to_string(), vec![0])]
    );
    kit.stop().await;
}
