//! What a look-up finds, and what its absence proves.

use std::time::Duration;

use channels::simulator::Mischief;
use contract::Phone;
use contract::chunk::Outcome;
use contract::ids::MessageId;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{eventually, live, rows, shown, start};
use crate::rig::until;

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_text_whose_answer_got_lost_is_found_and_its_state_followed_to_the_end() {
    let (rig, api) = start(900, Vec::new()).await;
    api.misbehave(Mischief::Close);
    rig.send(&live(&rig, 0, 3)).await;
    until("all are unknown", || rig.said.count(Outcome::Unknown) == 3).await;
    assert_eq!(
        rows(
            &rig,
            "SELECT COUNT(*) AS n FROM look_up WHERE phone IS NOT NULL"
        )
        .await,
        3
    );
    api.misbehave(Mischief::None);
    until("all are found and delivered", || {
        rig.said.count(Outcome::Delivered) == 3
    })
    .await;
    let told = shown(&rig, MessageId::of(rig.run, 0, 1)).await;
    assert_eq!(
        (&told["outcome"], &told["looked_up"]["cause"]),
        (&json!("delivered"), &json!("no_answer")),
        "{told}"
    );
    assert!(
        told["provider_message_id"]
            .as_str()
            .unwrap()
            .starts_with("SM"),
        "{told}"
    );
    let said = rig.said.receipts.lock().unwrap().clone();
    let handed = said
        .iter()
        .filter(|(_, outcome)| *outcome == Outcome::HandedOver);
    assert_eq!(
        handed.count(),
        3,
        "found before they were delivered: {said:?}"
    );
    assert_eq!(api.stats().submits, 3, "nothing was sent again");
    // Whom they were for is forgotten once it is known.
    let kept = "SELECT COUNT(*) AS n FROM look_up WHERE phone IS NOT NULL OR fingerprint IS NOT NULL OR open = 1";
    assert_eq!(rows(&rig, kept).await, 0);
    rig.stop().await;
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_the_complete_list_does_not_have_has_failed_and_is_not_sent_again() {
    let (rig, api) = start(2, Vec::new()).await;
    api.misbehave(Mischief::Status(500));
    rig.send(&live(&rig, 0, 2)).await;
    until("both are unknown", || rig.said.count(Outcome::Unknown) == 2).await;
    api.misbehave(Mischief::None);
    let message = MessageId::of(rig.run, 0, 1);
    let told = eventually(
        &rig,
        "it has failed, and that is written down",
        |told| {
            let result = &told["looked_up"]["last_result"];
            *result == "the provider never took it" && told["outcome"] == "failed"
        },
        message,
    )
    .await;
    assert_eq!(told["reason"], "NOT_TAKEN", "{told}");
    let said = || rig.said.receipts.lock().unwrap().clone();
    until("it is said", || {
        said()
            .iter()
            .filter(|(_, outcome)| *outcome == Outcome::Failed)
            .count()
            == 2
    })
    .await;
    rig.send(&live(&rig, 0, 2)).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(api.stats().submits, 0, "nobody sent it again");
    rig.stop().await;
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_handed_over_long_ago_without_a_receipt_is_asked_for_by_its_name() {
    let (rig, api) = start(900, Vec::new()).await;
    rig.send(&live(&rig, 0, 2)).await;
    until("both are handed over", || {
        rig.said.count(Outcome::HandedOver) == 2
    })
    .await;
    // Their callbacks never came, and a day went by.
    let db = rig.db();
    let engine = db.engine();
    db.write(move |tx| {
        Box::pin(async move {
            let sql = "UPDATE ledger SET at = at - 90000000";
            tx.execute_raw(engine.sql(sql, [])).await?;
            Ok(())
        })
    })
    .await
    .unwrap();
    let rig = rig.restart().await;
    until("both are delivered", || {
        rig.said.count(Outcome::Delivered) == 2
    })
    .await;
    let told = shown(&rig, MessageId::of(rig.run, 0, 1)).await;
    assert_eq!(told["looked_up"]["cause"], "no_receipt", "{told}");
    assert_eq!(api.stats().submits, 2);
    rig.stop().await;
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_found_is_not_taken_for_another_one_with_the_same_words() {
    let (rig, api) = start(1, Vec::new()).await;
    let person = Phone::from_digits(12_125_559_999).unwrap();
    let same = |chunk: u32| {
        let mut chunk = live(&rig, chunk, 1);
        chunk.texts[0].phone = person;
        chunk.texts[0].body = "Your table is ready".to_string();
        chunk
    };
    api.misbehave(Mischief::Status(500));
    rig.send(&same(0)).await;
    until("the first is unknown", || {
        rig.said.count(Outcome::Unknown) == 1
    })
    .await;
    api.misbehave(Mischief::None);
    rig.send(&same(1)).await;
    until("the second is handed over", || {
        rig.said.count(Outcome::HandedOver) == 1
    })
    .await;
    let message = MessageId::of(rig.run, 0, 0);
    let tried = |told: &Value| told["looked_up"]["tries"].as_u64() >= Some(2);
    let told = eventually(&rig, "it was looked for twice", tried, message).await;
    assert_eq!(
        (&told["outcome"], &told["looked_up"]["last_result"]),
        (
            &json!("unknown"),
            &json!("the text that was found is another one")
        ),
        "{told}"
    );
    rig.stop().await;
    api.stop().await;
}
