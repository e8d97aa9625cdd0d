//! Our client against SMSCs of others.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use channels::smpp::{IdForm, LongMessages, Receipts, SmppConfig, SmppProvider};
use channels::{FromCarrier, Provider, Submission, SubmitOutcome};
use contract::chunk::{Encoding, Outcome};
use contract::consent::Permit;
use contract::{DecisionId, MessageId, Phone};

use crate::foreign::{Foreign, folder, is_there, python, script};

const LONG: &str = "A long text that does not fit into one segment, so that it has to travel in several parts \
    or as one payload, whichever the settings of the account say; it ends here, well behind the limit.";

fn text(to: u64, body: &str) -> (Permit, Submission) {
    let submission = Submission {
        to: Phone::from_digits(to).unwrap(),
        from: "+15005550006".into(),
        encoding: Encoding::Gsm7,
        segments: 1,
        body: body.into(),
        valid_for: Some(Duration::from_secs(3600)),
    };
    let permit = Permit::issue(MessageId::from_raw(to.into()), DecisionId::from_raw(1), 1);
    (permit, submission)
}

/// Binds, sends a short and a long text, waits for one receipt each, and takes leave. What the carrier saw.
async fn drive(mut server: Foreign, change: impl FnOnce(&mut SmppConfig)) -> Foreign {
    let port = server.until("listening")["port"].as_u64().unwrap();
    let mut config = SmppConfig {
        port: u16::try_from(port).unwrap(),
        system_id: "esme".into(),
        password: "secret".into(),
        ..SmppConfig::default()
    };
    change(&mut config);
    let (bring, mut brought) = tokio::sync::mpsc::channel(16);
    let provider = SmppProvider::connect("foreign", config, bring).unwrap();
    let patience = Duration::from_secs(20);
    tokio::time::timeout(patience, provider.ready())
        .await
        .unwrap();
    let batch = vec![text(12_025_550_121, "short"), text(12_025_550_122, LONG)];
    let outcomes = provider.send(batch, Instant::now() + patience).await;
    let mut awaited: BTreeMap<String, Option<Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        let id = match outcome {
            SubmitOutcome::Accepted {
                provider_message_id,
            } => Some(provider_message_id),
            _ => None,
        };
        awaited.insert(id.expect("the carrier takes it"), None);
    }
    assert_eq!(awaited.len(), 2);
    while awaited.values().any(Option::is_none) {
        let batch = tokio::time::timeout(patience, brought.recv())
            .await
            .unwrap();
        let mut tokens = Vec::new();
        for incoming in batch.unwrap() {
            let receipt = match incoming.item {
                FromCarrier::Receipt(receipt) => Some(receipt),
                FromCarrier::Reply { .. } => None,
            };
            let receipt = receipt.expect("the carrier brings receipts alone");
            let known = awaited.get_mut(&receipt.provider_message_id);
            *known.expect("a receipt names a text of ours") = Some(receipt.outcome);
            tokens.push(incoming.token);
        }
        provider.answer(tokens, true);
    }
    assert!(
        awaited
            .values()
            .all(|outcome| *outcome == Some(Outcome::Delivered))
    );
    tokio::time::timeout(patience, provider.close())
        .await
        .unwrap();
    server.until("unbind");
    while server.count("receipt_answered") < 2 {
        server.line();
    }
    assert!(
        server
            .said
            .iter()
            .filter(|line| line["event"] == "receipt_answered")
            .all(|line| line["status"] == 0)
    );
    server
}

fn submits(server: &Foreign) -> Vec<(&str, bool, u64)> {
    let submits = server.said.iter().filter(|line| line["event"] == "submit");
    submits
        .map(|line| {
            let text = line["text"].as_str().unwrap();
            (
                text,
                line["payload"].as_bool().unwrap(),
                line["receipt"].as_u64().unwrap(),
            )
        })
        .collect()
}

fn npm(form: &str) -> Option<Foreign> {
    let package = folder().join("node_modules/smpp");
    if !is_there("npm smpp", &[package]) {
        return None;
    }
    let mut command = Command::new("node");
    command
        .arg(script("server_npm_smpp.js"))
        .arg(folder())
        .arg(form);
    Some(Foreign::start(command))
}

#[tokio::test(flavor = "multi_thread")]
async fn npm_smpp_takes_parts_and_its_decimal_receipts_find_hexadecimal_ids() {
    let Some(server) = npm("text") else { return };
    let server = drive(server, |config| {
        config.message_ids = IdForm::HexThenDecimal;
    })
    .await;
    let submits = submits(&server);
    assert_eq!(submits.len(), 3);
    assert_eq!((submits[0].0, submits[0].2), ("short", 1));
    let joined: String = submits[1..].iter().map(|(text, ..)| *text).collect();
    assert_eq!(joined, LONG);
    let bind = server
        .said
        .iter()
        .find(|line| line["event"] == "bind")
        .unwrap();
    assert_eq!(
        (bind["system_id"].as_str(), bind["version"].as_u64()),
        (Some("esme"), Some(0x34))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn npm_smpp_takes_a_payload_and_its_receipts_by_parameters_are_read() {
    let Some(server) = npm("tlv") else { return };
    let server = drive(server, |config| {
        config.long_messages = LongMessages::Payload;
    })
    .await;
    let submits = submits(&server);
    assert_eq!(submits.len(), 2);
    assert_eq!(submits[1], (LONG, true, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn npm_smpp_gives_a_receipt_for_every_part_and_we_make_one_of_them() {
    let Some(server) = npm("tlv") else { return };
    let server = drive(server, |config| {
        config.receipts = Receipts::EveryPart;
        config.long_messages = LongMessages::Udh16;
    })
    .await;
    assert!(submits(&server).iter().all(|(.., receipt)| *receipt == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn pypi_smpp34_takes_texts_and_its_receipts_are_read() {
    let (command, needed) = python("server_smpp34.py", "smpp34");
    if !is_there("PyPI smpp34", &needed) {
        return;
    }
    let server = drive(Foreign::start(command), |_| {}).await;
    // It works on several at once, so they come in any order.
    let mut seen: Vec<_> = server
        .said
        .iter()
        .filter(|line| line["event"] == "submit")
        .collect();
    seen.sort_by_key(|line| line["part"].as_u64());
    let texts: Vec<&str> = seen
        .iter()
        .map(|line| line["text"].as_str().unwrap())
        .collect();
    assert_eq!((texts[0], texts[1..].concat().as_str()), ("short", LONG));
}
