//! Twilio's API, its signatures and its description.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use channels::simulator::{SmscOptions, TwilioApi, TwilioOptions};
use channels::twilio::{TwilioConfig, open, signature};
use channels::{Provider, Submission, SubmitOutcome};
use contract::chunk::Encoding;
use contract::consent::Permit;
use contract::{DecisionId, MessageId, Phone};
use serde_json::json;

use crate::foreign::{Foreign, folder, free_port, is_there, openapi, python};

const ACCOUNT: &str = "AC00112233445566778899aabbccddeeff";
const TOKEN: &str = "0123456789abcdef";

fn text(body: &str, from: &str) -> (Permit, Submission) {
    let submission = Submission {
        to: Phone::from_digits(12_025_550_126).unwrap(),
        from: from.into(),
        encoding: Encoding::Gsm7,
        segments: 1,
        body: body.into(),
        valid_for: Some(Duration::from_secs(7200)),
    };
    let permit = Permit::issue(MessageId::from_raw(77), DecisionId::from_raw(1), 1);
    (permit, submission)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_is_served_by_our_simulated_api() {
    let (mut command, needed) = python("twilio_sdk.py", "twilio");
    if !is_there("Twilio's SDK", &needed) {
        return;
    }
    let options = TwilioOptions {
        account_sid: ACCOUNT.into(),
        auth_token: TOKEN.into(),
        carrier: SmscOptions {
            failed_percent: 0.0,
            ..SmscOptions::default()
        },
        ..TwilioOptions::default()
    };
    let api = TwilioApi::start("127.0.0.1:0".parse().unwrap(), options).unwrap();
    command.args(["client", &api.url(), ACCOUNT, TOKEN]);
    let told = tokio::task::spawn_blocking(move || Foreign::start(command).line()).await;
    let told = told.unwrap();
    assert!(told["sid"].as_str().unwrap().starts_with("SM"), "{told}");
    assert_eq!(told["status"], "queued");
    assert_eq!(told["codes"], json!([21211, 21610]));
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_takes_our_signatures_and_we_take_its() {
    let (mut command, needed) = python("twilio_sdk.py", "twilio");
    if !is_there("Twilio's SDK", &needed) {
        return;
    }
    let pairs: Vec<(String, String)> = [
        ("MessageSid", "SM1"),
        ("Body", "grüße & 50% 👍"),
        ("To", "+15005550006"),
        ("Empty", ""),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    let urls = [
        "https://sms.example.com/v1/webhooks/tw?m=01JZ",
        "https://sms.example.com:8443/v1/webhooks/tw",
        "http://127.0.0.1:8080/v1/webhooks/tw?a=b&c=d",
    ];
    command.args(["check", TOKEN]);
    tokio::task::spawn_blocking(move || {
        let mut sdk = Foreign::start(command);
        for url in urls {
            let ours = signature::sign(TOKEN, url, &pairs);
            let call = json!({ "url": url, "pairs": pairs, "signature": ours });
            sdk.tell(&call.to_string());
            assert_eq!(sdk.line(), true, "{url}");
            let wrong = json!({ "url": format!("{url}x"), "pairs": pairs, "signature": ours });
            sdk.tell(&wrong.to_string());
            assert_eq!(sdk.line(), false, "{url}");
            let (mut command, _) = python("twilio_sdk.py", "twilio");
            command.args(["sign", TOKEN, url]);
            let mut signer = Foreign::start(command);
            let object: serde_json::Map<String, serde_json::Value> = pairs
                .iter()
                .map(|(name, value)| (name.clone(), json!(value)))
                .collect();
            signer.tell(&serde_json::Value::Object(object).to_string());
            signer.hush();
            let theirs = signer.line();
            let theirs = theirs.as_str().unwrap();
            assert!(signature::is_genuine([TOKEN], url, &pairs, theirs), "{url}");
        }
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn prism_with_twilios_description_accepts_every_request() {
    let prism: PathBuf = folder().join("node_modules/.bin/prism");
    if !is_there("Prism", &[prism.clone(), openapi()]) {
        return;
    }
    let port = free_port();
    let mut command = Command::new(prism);
    command
        .args([
            "mock",
            "--errors",
            "-h",
            "127.0.0.1",
            "-p",
            &port.to_string(),
        ])
        .arg(openapi());
    let _prism = Foreign::start(command);
    let limit = Instant::now() + Duration::from_secs(40);
    while tokio::net::TcpStream::connect(("127.0.0.1", port))
        .await
        .is_err()
    {
        assert!(Instant::now() < limit, "Prism does not listen");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let config = TwilioConfig {
        base_url: format!("http://127.0.0.1:{port}"),
        account_sid: ACCOUNT.into(),
        auth_token: TOKEN.into(),
        public_url: "https://sms.example.com".into(),
        ..TwilioConfig::default()
    };
    let service = TwilioConfig {
        messaging_service_sid: "MG00112233445566778899aabbccddeeff".into(),
        ..config.clone()
    };
    for config in [config, service] {
        let provider = open("tw", &config).unwrap();
        let batch = vec![
            text("plain", "+15005550006"),
            text("grüße & 50% 👍\nnew line", "+15005550006"),
            text(&"long ".repeat(200), "72345"),
            text("named", "Dr Smith"),
        ];
        let outcomes = provider
            .send(batch, Instant::now() + Duration::from_secs(30))
            .await;
        let accepted = |outcome: &SubmitOutcome| matches!(outcome, SubmitOutcome::Accepted { .. });
        assert!(outcomes.iter().all(accepted), "{outcomes:?}");
        provider.close().await;
    }
}
