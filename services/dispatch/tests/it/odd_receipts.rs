//! Receipts that should not be: a second id for one text, or another account than the text's.

use std::time::Duration;

use channels::simulator::{SmscOptions, TwilioApi, TwilioOptions};
use contract::chunk::Outcome;
use contract::dispatch::{ProviderReceipt, RecordReceipts};
use contract::ids::MessageId;
use contract::{Mode, TenantId, UnixMillis};
use serde_json::{Value, json};

use super::rig::{Rig, Wish, kind, until};

const EVERYONE: TenantId = TenantId::from_raw(0);

/// Two accounts, `other` and `tw`; all texts go through `other`, which stands first.
async fn start() -> (Rig, TwilioApi) {
    let carrier = SmscOptions {
        no_receipt_percent: 100.0,
        ..kind()
    };
    let options = TwilioOptions {
        carrier,
        ..TwilioOptions::default()
    };
    let api = TwilioApi::start(([127, 0, 0, 1], 0).into(), options.clone()).unwrap();
    let account = json!({
        "kind": "twilio", "base_url": api.url(), "account_sid": options.account_sid,
        "auth_token": options.auth_token, "timeout_seconds": 1,
    });
    let settings = vec![
        ("dispatch.providers.other", account.clone()),
        ("dispatch.providers.tw", account),
    ];
    let rig = Rig::start(Wish {
        smsc: kind(),
        settings,
        ..Wish::default()
    })
    .await;
    (rig, api)
}

async fn bring(rig: &Rig, provider: &str, id: &str, reference: Option<MessageId>) {
    let receipt = ProviderReceipt {
        provider_message_id: id.to_string(),
        reference,
        outcome: Outcome::Delivered,
        code: "delivered".to_string(),
        fault: None,
        block: None,
        at: UnixMillis(1),
    };
    let command = RecordReceipts {
        provider: provider.to_string(),
        receipts: vec![receipt],
    };
    rig.kit.bus.publish(EVERYONE, &command).await.unwrap();
}

/// Sends one text to each number and says what the carrier named them.
async fn hand_over(rig: &Rig, numbers: &[u64], outcome: Outcome) -> Vec<String> {
    let count = u16::try_from(numbers.len()).unwrap();
    let mut chunk = rig.chunk(0, 0..count);
    chunk.head.mode = Mode::Live;
    for (text, number) in chunk.texts.iter_mut().zip(numbers) {
        text.phone = contract::Phone::from_digits(*number).unwrap();
    }
    rig.send(&chunk).await;
    until("all are handed over", || {
        rig.said.count(outcome) == numbers.len()
    })
    .await;
    let mut said = rig.said.hand_overs.lock().unwrap().clone();
    said.sort_by_key(|(message, _)| *message);
    said.into_iter()
        .map(|(_, item)| item.provider_message_id)
        .collect()
}

async fn odd(rig: &Rig, position: u16) -> Value {
    let message = MessageId::of(rig.run, 0, position);
    let begun = std::time::Instant::now();
    loop {
        let (_, shown) = rig
            .kit
            .get(&format!("/v1/messages/{message}/dispatch"))
            .await;
        if shown["odd_receipts"].is_array() {
            return shown;
        }
        let patient = begun.elapsed() < Duration::from_secs(30);
        assert!(patient, "no odd receipt is shown: {shown}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn counted(rig: &Rig, metric: &str) -> String {
    let (_, metrics) = rig.kit.get("/metrics").await;
    let lines = metrics.as_str().unwrap().lines();
    let mut own = lines.filter(|line| line.starts_with(metric));
    own.next().unwrap_or_default().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_the_provider_took_twice_is_counted_and_shown() {
    let (rig, api) = start().await;
    // The second one's answer never comes: it gets its name from a receipt.
    let numbers = [12_125_550_001, 15_005_550_015];
    let mut chunk = rig.chunk(0, 0..2);
    chunk.head.mode = Mode::Live;
    for (text, number) in chunk.texts.iter_mut().zip(numbers) {
        text.phone = contract::Phone::from_digits(number).unwrap();
    }
    rig.send(&chunk).await;
    until("both have an outcome", || {
        rig.said.count(Outcome::HandedOver) == 1 && rig.said.count(Outcome::Unknown) == 1
    })
    .await;
    let message = |position| MessageId::of(rig.run, 0, position);
    bring(&rig, "other", "SM-second", Some(message(0))).await;
    bring(&rig, "other", "SM-a", Some(message(1))).await;
    until("the unknown one is delivered", || {
        rig.said.count(Outcome::Delivered) == 1
    })
    .await;
    bring(&rig, "other", "SM-b", Some(message(1))).await;
    for (position, id) in [(0, "SM-second"), (1, "SM-b")] {
        let shown = odd(&rig, position).await;
        let one = &shown["odd_receipts"][0];
        assert_eq!(
            (&one["kind"], &one["provider_message_id"]),
            (&json!("second_id"), &json!(id)),
            "{shown}"
        );
    }
    assert_eq!(
        counted(&rig, "dispatch_taken_twice_total{provider=\"other\"}").await,
        "dispatch_taken_twice_total{provider=\"other\"} 2"
    );
    let (_, first) = rig
        .kit
        .get(&format!("/v1/messages/{}/dispatch", message(0)))
        .await;
    assert_eq!(
        first["outcome"], "handed_over",
        "a stray receipt settles nothing: {first}"
    );
    rig.stop().await;
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_through_one_account_about_a_text_of_another_changes_nothing_and_is_counted() {
    let (rig, api) = start().await;
    let ids = hand_over(&rig, &[12_125_550_001, 12_125_550_002], Outcome::HandedOver).await;
    bring(&rig, "tw", &ids[0], None).await;
    bring(&rig, "tw", "SM-x", Some(MessageId::of(rig.run, 0, 1))).await;
    for position in [0, 1] {
        let shown = odd(&rig, position).await;
        let one = &shown["odd_receipts"][0];
        assert_eq!(
            (&one["kind"], &one["provider"], &shown["outcome"]),
            (&json!("other_account"), &json!("tw"), &json!("handed_over")),
            "{shown}"
        );
    }
    assert_eq!(rig.said.count(Outcome::Delivered), 0);
    assert_eq!(
        counted(
            &rig,
            "dispatch_receipts_of_other_accounts_total{provider=\"tw\"}"
        )
        .await,
        "dispatch_receipts_of_other_accounts_total{provider=\"tw\"} 2"
    );
    // Its own account may still tell.
    bring(&rig, "other", &ids[0], None).await;
    until("it is delivered", || {
        rig.said.count(Outcome::Delivered) == 1
    })
    .await;
    rig.stop().await;
    api.stop().await;
}
