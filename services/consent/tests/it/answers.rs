//! Answers to what people text: an acknowledgement passes hours and caps, and no opt-out; and what a CANCEL is told.

use std::sync::Arc;

use chassis::Service;
use contract::campaigns::DescribeAppointment;
use contract::chunk::SlotRef;
use contract::consent::{GrantPermits, Keyword};
use contract::dispatch::SendAnswer;
use contract::{Class, Envelope, UnixMillis};
use futures::Stream;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;

use crate::Kit;
use crate::support::{
    SENDER, ask, contact, grant, listen, next, opt_in_all, phone, register, run, silence, text_back,
};

/// One text of a class to some people, who live in New York.
fn texts(kit: &Kit, epoch: u64, n: u128, class: Class, people: &[u64]) -> GrantPermits {
    let slot = SlotRef {
        run: run(n),
        chunk: 0,
        slot: 0,
    };
    let mut question = ask(kit, slot, epoch, people);
    question.class = class;
    question.valid_until = UnixMillis(kit.clock.millis().0 + 24 * 3_600_000);
    question.zones = vec!["America/New_York".into()];
    for one in &mut question.asks {
        one.zone = Some(0);
    }
    question
}

#[tokio::test]
async fn an_acknowledgement_passes_quiet_hours_and_caps_but_no_opt_out() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    opt_in_all(&kit, 0..2).await;
    let path = format!("/v1/papers/senders/%2B{}", SENDER.trim_start_matches('+'));
    let (status, papers) = kit.put(&path, json!({"daily_cap": 1})).await;
    assert_eq!(status, 200, "{papers}");
    let epoch = register(&kit).await;
    // Half past eleven in the evening.
    kit.clock.advance(chrono::Duration::minutes(12 * 60 + 30));
    let reminder = texts(&kit, epoch, 1, Class::Appointment, &[0]);
    let held = grant(&kit, &reminder).await;
    assert!(held.granted.is_empty(), "{held:?}");
    assert_eq!(held.refused[0].0, "COURTESY_HOURS");
    // More than the carriers' day has room for, and one more.
    for n in 2..5 {
        let ack = texts(&kit, epoch, n, Class::Conversation, &[0]);
        let told = grant(&kit, &ack).await;
        assert_eq!(told.granted, [0], "{told:?}");
    }
    // Whoever never consented to anything is not drawn into one.
    let stranger = texts(&kit, epoch, 5, Class::Conversation, &[9]);
    assert_eq!(
        grant(&kit, &stranger).await.refused,
        [("NO_CONSENT".to_string(), vec![0])]
    );
    assert_eq!(text_back(&kit, 0, 1, "STOP").await.keyword, Keyword::Stop);
    let after = texts(&kit, epoch, 6, Class::Conversation, &[0, 1]);
    let told = grant(&kit, &after).await;
    assert_eq!(told.granted, [1]);
    assert_eq!(told.refused, [("OPTED_OUT_GLOBAL".to_string(), vec![0])]);
    kit.stop().await;
}

#[tokio::test]
async fn whoever_texts_is_answered_for_a_day_and_with_nothing_else() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    let epoch = register(&kit).await;
    let mut n = 0;
    let mut asked = async |class: Class, sender: &str| {
        n += 1;
        let mut question = texts(&kit, epoch, n, class, &[9]);
        question.sender = sender.to_string();
        let told = grant(&kit, &question).await;
        told.refused.first().map(|(reason, _)| reason.clone())
    };
    let refused = |reason: &str| Some(reason.to_string());
    assert_eq!(
        asked(Class::Conversation, SENDER).await,
        refused("NO_CONSENT")
    );
    assert_eq!(text_back(&kit, 9, 1, "C").await.keyword, Keyword::None);
    assert_eq!(asked(Class::Conversation, SENDER).await, None);
    // Not by another sender, and no text that nobody asked for.
    assert_eq!(
        asked(Class::Conversation, "+15005550177").await,
        refused("NO_CONSENT")
    );
    for class in [Class::Marketing, Class::Appointment, Class::Transactional] {
        assert_eq!(
            asked(class, SENDER).await,
            refused("NO_CONSENT"),
            "{class:?}"
        );
    }
    assert_eq!(
        asked(Class::Otp, SENDER).await,
        refused("OTP_NOT_REQUESTED")
    );
    kit.clock.advance(chrono::Duration::hours(24));
    assert_eq!(
        asked(Class::Conversation, SENDER).await,
        refused("NO_CONSENT")
    );
    text_back(&kit, 9, 2, "HELP").await;
    assert_eq!(asked(Class::Conversation, SENDER).await, None);
    // An opt-out is no question, and ends the one before.
    kit.clock.advance(chrono::Duration::seconds(1));
    text_back(&kit, 9, 3, "STOP").await;
    assert_eq!(
        asked(Class::Conversation, SENDER).await,
        refused("OPTED_OUT_GLOBAL")
    );
    text_back(&kit, 9, 4, "Where do I park?").await;
    assert_eq!(
        asked(Class::Conversation, SENDER).await,
        refused("OPTED_OUT_GLOBAL")
    );
    kit.stop().await;
}

#[tokio::test]
async fn which_text_an_answer_answers_can_be_shown_and_is_forgotten_with_the_person() {
    let kit = Kit::start(&[consent::SERVICE]).await;
    text_back(&kit, 9, 1, "C").await;
    let digits = phone(9).digits();
    let access = format!("/v1/privacy/access?phone={digits}");
    let (status, shown) = kit.get(&access).await;
    assert_eq!(status, 200, "{shown}");
    assert_eq!(shown["texted"][0]["sender"], SENDER);
    let inbound = shown["texted"][0]["inbound"].as_str().unwrap();
    let sender = SENDER.replace('+', "%2B");
    let question = format!("/v1/explain?phone={digits}&class=conversation&sender={sender}");
    let (status, told) = kit.get(&question).await;
    assert_eq!(status, 200, "{told}");
    assert!(
        told.to_string().contains(&format!("{inbound} at ")),
        "{told}"
    );
    let order = json!({"phone": format!("+{digits}"), "reference": "GDPR-1"});
    let (status, gone) = kit.post("/v1/privacy/erasures", order).await;
    assert_eq!(status, 200, "{gone}");
    let (_, shown) = kit.get(&access).await;
    assert_eq!(shown["texted"], json!([]));
    kit.stop().await;
}

/// campaigns, with an appointment of person 0 and one that it takes too long to find.
const CAMPAIGNS: Service = Service {
    name: "campaigns",
    migrations: &[],
    defaults: "",
    start: |cx| {
        Box::pin(async move {
            cx.answer(
                Arc::new(()),
                |_, asked: Envelope<DescribeAppointment>| async move {
                    let asked = asked.body;
                    if asked.contact == Some(contact(2)) {
                        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
                    }
                    let theirs = asked.contact == Some(contact(0))
                        && asked.phone == phone(0)
                        && asked.sender == SENDER;
                    Ok(theirs.then(|| "Your appointment at 2 still stands.".to_string()))
                },
            )
            .await?;
            Ok(OpenApiRouter::new())
        })
    },
};

/// Opts a person out by text; what the confirmation says.
async fn told(
    kit: &Kit,
    n: u64,
    inbound: u128,
    text: &str,
    sent: &mut (impl Stream<Item = SendAnswer> + Unpin),
) -> String {
    let recorded = text_back(kit, n, inbound, text).await;
    assert_eq!(recorded.keyword, Keyword::Stop);
    let command = next(sent).await;
    assert_eq!(command.head.class, Class::OptOutConfirmation);
    assert_eq!(command.texts[0].phone, phone(n));
    command.texts[0].body.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_is_an_opt_out_whose_one_confirmation_says_what_still_stands() {
    // Less than the three seconds that one of the appointments takes to be found.
    let kit = Kit::start_with(&[consent::SERVICE, CAMPAIGNS], |settings| {
        settings.with("consent.appointment_stands_wait_ms", 2_000)
    })
    .await;
    let usual =
        "You are unsubscribed and will receive no more messages. Reply START to resubscribe.";
    let mut sent = listen::<SendAnswer>(&kit).await;
    let cancelled = told(&kit, 0, 1, "Cancel!", &mut sent).await;
    assert_eq!(
        cancelled,
        format!("{usual} Your appointment at 2 still stands.")
    );
    // Nothing stands, or it is not known soon enough: the law's words go out alone.
    assert_eq!(told(&kit, 1, 2, "CANCEL", &mut sent).await, usual);
    assert_eq!(told(&kit, 2, 3, "cancelar", &mut sent).await, usual);
    assert_eq!(text_back(&kit, 0, 4, "START").await.keyword, Keyword::Start);
    // The one confirmation of these five minutes has been sent.
    text_back(&kit, 0, 5, "CANCEL").await;
    silence(&mut sent, 700).await;
    kit.clock.advance(chrono::Duration::minutes(6));
    text_back(&kit, 0, 6, "START").await;
    // STOP is no word for an appointment.
    assert_eq!(told(&kit, 0, 7, "STOP", &mut sent).await, usual);
    kit.stop().await;
}
