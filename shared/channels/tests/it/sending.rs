use std::collections::HashMap;
use std::time::Duration;

use channels::simulator::judge;
use channels::{Fault, FromCarrier, Provider, SubmitOutcome};
use contract::Reason;
use contract::chunk::Outcome;

use crate::support::{Rig, SENDER, accepted, quick, soon, text, texts, until, within};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_texts_are_accepted_and_each_receipt_comes_once() {
    const COUNT: usize = 20_000;
    let mut rig = Rig::start(quick());
    rig.ready().await;
    let outcomes = rig
        .send(texts(COUNT as u64, "Hello there, this is a text."))
        .await;
    assert_eq!(accepted(&outcomes), COUNT);
    let mut receipts: HashMap<String, usize> = outcomes
        .into_iter()
        .map(|outcome| match outcome {
            SubmitOutcome::Accepted {
                provider_message_id,
            } => (provider_message_id, 0),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(receipts.len(), COUNT);
    for item in rig.take(COUNT).await {
        match item {
            FromCarrier::Receipt(receipt) if receipt.outcome == Outcome::Delivered => {
                *receipts.get_mut(&receipt.provider_message_id).unwrap() += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(receipts.values().all(|count| *count == 1));
    within(rig.provider.close()).await;
    assert_eq!(rig.smsc.stats().receipts_answered, COUNT as u64);
}

#[tokio::test]
async fn long_texts_arrive_joined_and_bring_one_receipt() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("smsc.log");
    let mut rig = Rig::start(channels::simulator::SmscOptions {
        log: Some(log.clone()),
        ..quick()
    });
    rig.ready().await;
    let bodies = [
        "€".repeat(300),
        "grüße ".repeat(60),
        "😀".repeat(80),
        "short".to_owned(),
    ];
    let batch = bodies
        .iter()
        .enumerate()
        .map(|(n, body)| text(12_025_000_000 + n as u64, body));
    let outcomes = rig.send(batch.collect()).await;
    assert_eq!(accepted(&outcomes), 4);
    let receipts = rig.take(4).await;
    let named = |wanted: &SubmitOutcome| {
        receipts.iter().any(|receipt| match (receipt, wanted) {
            (
                FromCarrier::Receipt(receipt),
                SubmitOutcome::Accepted {
                    provider_message_id,
                },
            ) => receipt.provider_message_id == *provider_message_id,
            _ => false,
        })
    };
    assert!(outcomes.iter().all(named));
    within(rig.provider.close()).await;
    rig.smsc.stop().await;
    let verdict = judge(&log, "opted out").unwrap();
    assert_eq!(
        (verdict.texts, verdict.recipients, verdict.delivered),
        (4, 4, 4)
    );
    assert_eq!(verdict.segments, 4 + 3 + 3 + 1);
    assert_eq!((verdict.texts_incomplete, verdict.texts_twice), (0, 0));
    let lines = std::fs::read_to_string(&log).unwrap();
    assert!(lines.contains("\"text\":\"short\"") && lines.contains(SENDER));
}

#[tokio::test]
async fn magic_numbers_are_rejected_or_retried() {
    let mut rig = Rig::start(quick());
    rig.ready().await;
    let batch = vec![
        text(15_005_550_001, "a"),
        text(15_005_550_002, "a"),
        text(15_005_550_008, "a"),
        text(15_005_550_006, "a"),
    ];
    let outcomes = rig.send(batch).await;
    let rejected = SubmitOutcome::rejected;
    assert_eq!(outcomes[0], rejected(Fault::Invalid, "ESME_RINVDSTADR"));
    assert_eq!(
        outcomes[1],
        rejected(Fault::ProviderFault, "ESME_RSUBMITFAIL")
    );
    assert_eq!(accepted(&outcomes[2..]), 2);
    rig.take(2).await;
}

#[tokio::test]
async fn a_throttled_text_goes_out_again_and_never_twice() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("smsc.log");
    let options = channels::simulator::SmscOptions {
        throttle_every: Some(50),
        log: Some(log.clone()),
        ..quick()
    };
    let mut rig = Rig::start_with(options, |config| config.window = 20);
    rig.ready().await;
    let outcomes = rig.send(texts(300, "Hello")).await;
    assert_eq!(accepted(&outcomes), 300);
    rig.take(300).await;
    within(rig.provider.close()).await;
    rig.smsc.stop().await;
    let verdict = judge(&log, "opted out").unwrap();
    assert_eq!(
        (verdict.texts, verdict.rejected, verdict.texts_twice),
        (300, 6, 0)
    );
}

#[tokio::test]
async fn what_is_throttled_until_the_deadline_was_not_sent() {
    let options = channels::simulator::SmscOptions {
        throttle_every: Some(1),
        ..quick()
    };
    let rig = Rig::start(options);
    rig.ready().await;
    let deadline = std::time::Instant::now() + Duration::from_secs(2);
    let outcomes = within(rig.provider.send(texts(3, "Hello"), deadline)).await;
    let throttled = SubmitOutcome::NotSent {
        reason: Reason::CARRIER_THROTTLED,
    };
    assert_eq!(outcomes, vec![throttled; 3]);
}

#[tokio::test]
async fn nothing_is_written_after_the_deadline() {
    let rig = Rig::start(quick());
    rig.ready().await;
    let outcomes = within(
        rig.provider
            .send(texts(2, "Hello"), std::time::Instant::now()),
    )
    .await;
    let expired = SubmitOutcome::NotSent {
        reason: Reason::PERMIT_EXPIRED,
    };
    assert_eq!(outcomes, vec![expired; 2]);
    assert_eq!(rig.smsc.stats().submits, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_waits_for_the_answers_of_what_was_handed_over() {
    let rig = Rig::start_with(quick(), |config| config.window = 10);
    rig.ready().await;
    let sending = rig.provider.send(texts(2_000, "Hello"), soon());
    let closing = rig.provider.close();
    let (outcomes, ()) = within(async { tokio::join!(sending, closing) }).await;
    assert_eq!(accepted(&outcomes), 2_000);
    until("unbound", || rig.smsc.stats().bound == 0).await;
    let outcomes = rig.send(texts(1, "late")).await;
    assert_eq!(
        outcomes,
        vec![SubmitOutcome::NotSent {
            reason: Reason::NO_ROUTE
        }]
    );
}
