//! Our simulated SMSC against ESMEs of others.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use channels::simulator::{Delay, Smsc, SmscOptions};

use crate::foreign::{Foreign, free_port, is_there, python, script};

const PATIENCE: Duration = Duration::from_secs(30);

fn smsc() -> (Smsc, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let options = SmscOptions {
        receipt_delay_ms: Delay { min: 0, max: 20 },
        failed_percent: 0.0,
        password: Some("secret".into()),
        log: Some(folder.path().join("smsc.jsonl")),
        ..SmscOptions::default()
    };
    let smsc = Smsc::start("127.0.0.1:0".parse().unwrap(), options).unwrap();
    (smsc, folder)
}

/// Stops the carrier; what it wrote down.
async fn log(smsc: Smsc, folder: &tempfile::TempDir) -> String {
    smsc.stop().await;
    std::fs::read_to_string(folder.path().join("smsc.jsonl")).unwrap()
}

async fn until(smsc: &Smsc, what: &str, reached: impl Fn(&Smsc) -> bool) {
    let limit = Instant::now() + PATIENCE;
    while !reached(smsc) {
        assert!(Instant::now() < limit, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pypi_smpplib_sends_gets_its_receipts_and_is_let_go() {
    let (mut command, needed) = python("client_smpplib.py", "smpplib");
    if !is_there("PyPI smpplib", &needed) {
        return;
    }
    let (smsc, folder) = smsc();
    command.arg(smsc.address().port().to_string());
    let (told, well) = tokio::task::spawn_blocking(move || {
        let mut client = Foreign::start(command);
        (client.line(), client.ended_well(PATIENCE))
    })
    .await
    .unwrap();
    assert!(well, "{told}");
    assert_eq!(
        (told["accepted"].as_u64(), told["receipts"].as_u64()),
        (Some(4), Some(4))
    );
    let log = log(smsc, &folder).await;
    assert!(log.contains("\"text\":\"short text\"") && log.contains("\"parts\":3"));
    assert!(log.contains("\"e\":\"unbind\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn net_smpp_sends_gets_its_receipt_and_is_let_go() {
    let module = PathBuf::from("/usr/share/perl5/Net/SMPP.pm");
    if !is_there("Net::SMPP", &[module]) {
        return;
    }
    let (smsc, folder) = smsc();
    let mut command = Command::new("perl");
    command
        .arg(script("client_net_smpp.pl"))
        .arg(smsc.address().port().to_string());
    let (told, well) = tokio::task::spawn_blocking(move || {
        let mut client = Foreign::start(command);
        (client.line(), client.ended_well(PATIENCE))
    })
    .await
    .unwrap();
    assert!(well, "{told}");
    let log = log(smsc, &folder).await;
    assert!(log.contains("\"text\":\"from Perl\""), "{log}");
    assert!(log.contains(told["id"].as_str().unwrap()));
    assert!(log.contains("\"e\":\"unbind\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn kannel_binds_sends_and_answers_its_receipt() {
    let needed = ["/usr/sbin/bearerbox", "/usr/sbin/smsbox"].map(PathBuf::from);
    if !is_there("Kannel", &needed) {
        return;
    }
    let (smsc, folder) = smsc();
    let mut command = Command::new("bash");
    command
        .arg(script("kannel.sh"))
        .arg(smsc.address().port().to_string());
    for _ in 0..3 {
        command.arg(free_port().to_string());
    }
    command.arg(folder.path());
    let mut kannel = Foreign::start(command);
    until(&smsc, "Kannel has bound", |smsc| smsc.stats().bound == 1).await;
    until(&smsc, "its receipt is answered", |smsc| {
        smsc.stats().receipts_answered == 1
    })
    .await;
    kannel.hush();
    let well = tokio::task::spawn_blocking(move || kannel.ended_well(PATIENCE)).await;
    assert!(well.unwrap(), "Kannel takes leave when told to");
    let log = log(smsc, &folder).await;
    assert!(log.contains("\"text\":\"from Kannel\""), "{log}");
}
