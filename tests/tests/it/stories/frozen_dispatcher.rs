//! A dispatcher is frozen with permits in its hands; another takes over, and the first wakes up.

use std::process::{Child, Command};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use channels::simulator::{StopEntry, judge_stops};
use serde_json::json;

use super::carrier::CONFIRMATION;
use super::desk;
use super::fleet::Fleet;
use super::sums::{assert_sums, sum, wait_for};

const PEOPLE: usize = 400;

fn signal(process: &Child, name: &str) {
    let pid = process.id().to_string();
    let sent = Command::new("kill").args([name, &pid]).status().unwrap();
    assert!(sent.success());
}

/// Every second person opts out; the lines of the judge's second log, once all are confirmed on record.
async fn opt_out(fleet: &Fleet, people: &[String]) -> String {
    let consent = fleet.client("consent");
    let mut asked = Vec::new();
    for phone in people.iter().step_by(2) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let t = u64::try_from(since.as_micros()).unwrap();
        let revocation = json!({ "phone": phone, "method": "web" });
        let revoked = consent.post("/v1/revocations", &revocation).await.unwrap();
        asked.push((t, phone.clone(), revoked["id"].clone()));
    }
    let analytics = fleet.client("analytics");
    let lines = wait_for("the confirmations", Duration::from_secs(60), async || {
        let page = analytics.get("/v1/opt-outs?limit=200").await.ok()?;
        let rows = page["data"].as_array()?;
        let mut lines = String::new();
        for (t, number, id) in &asked {
            let row = rows.iter().find(|row| row["consent"] == *id)?;
            let at = chrono::DateTime::parse_from_rfc3339(row["confirmed_at"].as_str()?).ok()?;
            let number = || number.clone();
            for entry in [
                StopEntry::Sent {
                    t: *t,
                    number: number(),
                },
                StopEntry::Confirmed {
                    t: u64::try_from(at.timestamp_micros()).ok()?,
                    number: number(),
                },
            ] {
                lines.push_str(&serde_json::to_string(&entry).ok()?);
                lines.push('\n');
            }
        }
        Some(lines)
    });
    lines.await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_dispatcher_that_wakes_up_behind_its_successor_texts_nobody() {
    // A file of SQLite has one owner.
    if testkit::database_url().is_none() {
        return;
    }
    let settings = [
        ("BUS__ACK_WAIT_MS", "2000"),
        ("CAMPAIGNS__RELEASE_TIMEOUT_MS", "3000"),
        ("CONSENT__PERMIT_GOOD_FOR_MS", "1500"),
        ("DISPATCH__TAKEOVER_WAIT_MS", "2000"),
        ("DISPATCH__LANE__SEGMENTS_PER_SECOND", "200"),
        ("DISPATCH__RETRY__FIRST_MS", "500"),
    ];
    // Thrown back again and again, texts with permits are always waiting to be written.
    let mut fleet = Fleet::launch(&["--throttle-every", "4"], &settings).await;
    let people = desk::people(PEOPLE);
    let campaign = fleet.campaign(&people).await;
    wait_for("texts", Duration::from_secs(30), async || {
        (fleet.submits() >= 60).then_some(())
    })
    .await;
    let mut frozen = fleet.take("dispatch");
    signal(&frozen, "-STOP");
    let before = fleet.submits();
    assert!(before < PEOPLE as u64, "it was frozen too late: {before}");

    // It waits until the permits of the first have run out, longer than they live.
    fleet.start("dispatch");
    let lines = opt_out(&fleet, &people).await;
    let stops = fleet.folder().join("stops.jsonl");
    std::fs::write(&stops, lines).unwrap();
    wait_for(
        "texts of the successor",
        Duration::from_secs(60),
        async || (fleet.submits() >= before + 60).then_some(()),
    )
    .await;
    signal(&frozen, "-CONT");
    let ended = wait_for(
        "the end of the first",
        Duration::from_secs(60),
        async || frozen.try_wait().unwrap(),
    )
    .await;
    assert!(!ended.success(), "it ends by itself, and says so");
    assert!(
        fleet.log("dispatch").contains("dispatch.fenced"),
        "{}",
        fleet.log("dispatch")
    );

    let progress = fleet.completed(&campaign, Duration::from_secs(90)).await;
    assert_sums(&progress);
    let (handed_over, unknown) = (sum(&progress["handed_over"]), sum(&progress["unknown"]));
    let log = fleet.folder().join("smsc.jsonl");
    fleet.stop().await;
    fleet.carrier.verdict();
    let (verdict, figures) = judge_stops(&log, &stops, CONFIRMATION).unwrap();
    println!("{handed_over} handed over, {unknown} unknown: {verdict:?} {figures:?}");
    assert_eq!(
        (verdict.texts_twice, verdict.texts_after_confirmed_stop),
        (0, 0),
        "{verdict:?}"
    );
    assert_eq!(figures.confirmed_on_record, PEOPLE as u64 / 2);
    assert!(
        (handed_over..=handed_over + unknown).contains(&verdict.texts),
        "{progress} {verdict:?}"
    );
}
