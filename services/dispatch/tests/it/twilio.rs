//! A live carrier over HTTP, and what it brings by webhook.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use channels::simulator::{SmscOptions, TwilioApi, TwilioOptions};
use contract::chunk::Outcome;
use contract::consent::RecordProviderBlock;
use contract::dispatch::{ProviderReceipt, RecordReceipts, SendChunk, TakeReply};
use contract::ids::MessageId;
use contract::{Mode, Payload, Phone, Reason, TenantId, UnixMillis, payload};
use futures::StreamExt;
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::rig::{Rig, SENDER, Wish, kind, until};

const EVERYONE: TenantId = TenantId::from_raw(0);

async fn start() -> (Rig, TwilioApi) {
    let options = TwilioOptions {
        carrier: SmscOptions { ..kind() },
        ..TwilioOptions::default()
    };
    let api = TwilioApi::start(([127, 0, 0, 1], 0).into(), options.clone()).unwrap();
    let account = json!({
        "kind": "twilio", "base_url": api.url(), "account_sid": options.account_sid,
        "auth_token": options.auth_token, "timeout_seconds": 1,
    });
    let settings = vec![("dispatch.providers.tw", account)];
    let rig = Rig::start(Wish {
        smsc: kind(),
        settings,
        ..Wish::default()
    })
    .await;
    (rig, api)
}

/// Live texts to these numbers, in order of position.
fn live(rig: &Rig, numbers: &[u64]) -> SendChunk {
    let count = u16::try_from(numbers.len()).unwrap();
    let mut chunk = rig.chunk(0, 0..count);
    chunk.head.mode = Mode::Live;
    for (text, number) in chunk.texts.iter_mut().zip(numbers) {
        text.phone = Phone::from_digits(*number).unwrap();
    }
    chunk
}

async fn blocks(rig: &Rig) -> Arc<Mutex<Vec<RecordProviderBlock>>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let subject = payload::subject_filter::<RecordProviderBlock>();
    let client = rig.kit.bus.client().clone();
    let mut messages = client.subscribe(subject).await.unwrap();
    client.flush().await.unwrap();
    let told = seen.clone();
    tokio::spawn(async move {
        while let Some(message) = messages.next().await {
            let block = payload::decode(RecordProviderBlock::FORMAT, &message.payload).unwrap();
            told.lock().unwrap().push(block);
        }
    });
    seen
}

fn receipt(id: &str, reference: Option<MessageId>, outcome: Outcome) -> ProviderReceipt {
    ProviderReceipt {
        provider_message_id: id.to_string(),
        reference,
        outcome,
        code: "delivered".to_string(),
        fault: None,
        block: None,
        at: UnixMillis(1),
    }
}

async fn bring(rig: &Rig, provider: &str, receipts: Vec<ProviderReceipt>) {
    let provider = provider.to_string();
    let command = RecordReceipts { provider, receipts };
    rig.kit.bus.publish(EVERYONE, &command).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_that_the_carrier_knows_of_reaches_consent_with_person_and_message() {
    let (rig, api) = start().await;
    let seen = blocks(&rig).await;
    rig.send(&live(
        &rig,
        &[15_005_550_006, 15_005_550_004, 15_005_550_001],
    ))
    .await;
    until("all is settled", || {
        rig.said.hand_overs.lock().unwrap().len() == 3
    })
    .await;
    let reasons: Vec<(Outcome, Reason)> = {
        let mut hand_overs = rig.said.hand_overs.lock().unwrap();
        hand_overs.sort_by_key(|(message, _)| *message);
        let said = hand_overs.iter();
        said.map(|(_, item)| (item.outcome, item.reason.clone()))
            .collect()
    };
    assert_eq!(
        reasons,
        [
            (Outcome::HandedOver, Reason::OK),
            (Outcome::Failed, Reason::PROVIDER_BLOCKED),
            (Outcome::Failed, Reason::INVALID_NUMBER)
        ]
    );
    until("consent is told", || !seen.lock().unwrap().is_empty()).await;
    let block = seen.lock().unwrap()[0].clone();
    assert_eq!(
        (
            block.code.as_str(),
            block.provider.as_str(),
            block.sender.as_str()
        ),
        ("21610", "tw", SENDER)
    );
    assert_eq!(block.phone.digits(), 15_005_550_004);
    assert_eq!(block.message, MessageId::of(rig.run, 0, 1));
    assert_eq!(seen.lock().unwrap().len(), 1);
    rig.stop().await;
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_by_webhook_may_come_repeated_reversed_and_from_strangers() {
    let (rig, api) = start().await;
    rig.send(&live(&rig, &[12_125_550_001, 12_125_550_002]))
        .await;
    until("both are handed over", || {
        rig.said.count(Outcome::HandedOver) == 2
    })
    .await;
    let ids: Vec<String> = {
        let hand_overs = rig.said.hand_overs.lock().unwrap();
        let said = hand_overs.iter();
        said.map(|(_, item)| item.provider_message_id.clone())
            .collect()
    };
    let delivered = |id: &str| receipt(id, None, Outcome::Delivered);
    bring(&rig, "stranger", vec![delivered(&ids[0])]).await;
    bring(&rig, "tw", vec![delivered("SM00"), delivered(&ids[1])]).await;
    for _ in 0..20 {
        bring(
            &rig,
            "tw",
            vec![
                delivered(&ids[1]),
                receipt(&ids[1], None, Outcome::HandedOver),
            ],
        )
        .await;
    }
    until("one is delivered", || {
        rig.said.count(Outcome::Delivered) == 1
    })
    .await;
    bring(&rig, "tw", vec![delivered(&ids[0])]).await;
    until("both are delivered", || {
        rig.said.count(Outcome::Delivered) == 2
    })
    .await;
    assert_eq!(
        rig.said.receipts.lock().unwrap().len(),
        2,
        "each is said once"
    );
    assert_eq!(rig.kit.dead_letters().await, 0);
    rig.stop().await;
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_whose_answer_never_came_is_unknown_until_a_receipt_names_it() {
    let (rig, api) = start().await;
    rig.send(&live(&rig, &[15_005_550_015])).await;
    until("it is unknown", || rig.said.count(Outcome::Unknown) == 1).await;
    let message = MessageId::of(rig.run, 0, 0);
    bring(
        &rig,
        "other",
        vec![receipt("SM1", Some(message), Outcome::Delivered)],
    )
    .await;
    bring(
        &rig,
        "tw",
        vec![receipt("SM1", Some(message), Outcome::Delivered)],
    )
    .await;
    until("it is delivered", || {
        rig.said.count(Outcome::Delivered) == 1
    })
    .await;
    assert_eq!(api.stats().submits, 1, "it was not sent again");
    until("those who count hand-overs are told", || {
        *rig.said.settled.lock().unwrap() == [(message, Outcome::Delivered)]
    })
    .await;
    rig.stop().await;
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_by_webhook_goes_the_way_of_every_reply() {
    let (rig, api) = start().await;
    rig.send(&live(&rig, &[12_125_550_001])).await;
    until("it is handed over", || {
        rig.said.count(Outcome::HandedOver) == 1
    })
    .await;
    let reply = TakeReply {
        provider: "tw".to_string(),
        provider_message_id: "SM9".to_string(),
        from: Phone::from_digits(12_125_550_001).unwrap(),
        to: SENDER.to_string(),
        text: "STOP".to_string(),
    };
    rig.kit.bus.ask(EVERYONE, &reply).await.unwrap();
    let replies = rig.stub.with(|state| std::mem::take(&mut state.replies));
    assert_eq!(
        (replies.len(), replies[0].text.as_str(), replies[0].mode),
        (1, "STOP", Mode::Live)
    );
    rig.stub.with(|state| state.refuse_replies = usize::MAX);
    let refused = tokio::time::timeout(Duration::from_secs(15), rig.kit.bus.ask(EVERYONE, &reply));
    assert!(refused.await.unwrap().is_err(), "not kept, so not answered");
    rig.stop().await;
    api.stop().await;
}

/// An undelivered receipt with the carrier's own code and what it means.
fn filtered(id: &str, reference: Option<MessageId>) -> ProviderReceipt {
    ProviderReceipt {
        code: "30007".to_string(),
        fault: Some("filtered".to_string()),
        ..receipt(id, reference, Outcome::Undelivered)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_carriers_own_code_and_what_it_means_stand_beside_our_reason() {
    let (rig, api) = start().await;
    rig.send(&live(&rig, &[12_125_550_001, 15_005_550_001]))
        .await;
    until("both are settled", || {
        rig.said.hand_overs.lock().unwrap().len() == 2
    })
    .await;
    let id = {
        let hand_overs = rig.said.hand_overs.lock().unwrap();
        let taken = hand_overs
            .iter()
            .find(|(_, item)| item.outcome == Outcome::HandedOver);
        taken.unwrap().1.provider_message_id.clone()
    };
    bring(&rig, "tw", vec![filtered(&id, None)]).await;
    until("it is undelivered", || {
        rig.said.count(Outcome::Undelivered) == 1
    })
    .await;
    let shown = async |position| {
        let message = MessageId::of(rig.run, 0, position);
        let (status, shown) = rig
            .kit
            .get(&format!("/v1/messages/{message}/dispatch"))
            .await;
        assert_eq!(status, 200, "{shown}");
        let said = &shown["carrier_said"][0];
        ["outcome", "provider", "code", "fault", "reason"]
            .map(|field| said[field].as_str().unwrap_or_default().to_string())
    };
    assert_eq!(
        shown(0).await,
        ["undelivered", "tw", "30007", "filtered", "CARRIER_FILTERED"]
    );
    assert_eq!(
        shown(1).await,
        ["failed", "tw", "21211", "invalid", "INVALID_NUMBER"]
    );
    rig.stop().await;
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_receipt_keeps_code_fault_and_reference_over_a_restart() {
    let (rig, api) = start().await;
    let message = MessageId::of(rig.run, 0, 0);
    // It overtakes everything: nobody knows the text yet.
    bring(&rig, "tw", vec![filtered("SM1", Some(message))]).await;
    let parked = async |rig: &Rig| {
        let db = rig.db();
        let sql = "SELECT COUNT(*) AS n FROM parked_receipt WHERE fault = 'filtered'";
        let row = db.read().query_one_raw(db.engine().sql(sql, [])).await;
        row.unwrap().unwrap().try_get::<i64>("", "n").unwrap()
    };
    while parked(&rig).await == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let rig = rig.restart().await;
    rig.send(&live(&rig, &[15_005_550_015])).await;
    until("it is undelivered", || {
        rig.said.count(Outcome::Undelivered) == 1
    })
    .await;
    let (_, shown) = rig
        .kit
        .get(&format!("/v1/messages/{message}/dispatch"))
        .await;
    let said = &shown["carrier_said"][0];
    assert_eq!(
        (&said["code"], &said["reason"]),
        (&json!("30007"), &json!("CARRIER_FILTERED")),
        "{shown}"
    );
    rig.stop().await;
    api.stop().await;
}
