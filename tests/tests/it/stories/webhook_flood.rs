//! Forged webhooks as fast as they come, beside receipts and people who text STOP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use channels::simulator::{Delay, SmscOptions};
use contract::Phone;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::desk;
use super::sums::{sum, wait_for};
use super::twilio_world::TwilioWorld;
use super::world::{SENDER, people};

const FORGED: u64 = 5_000;
const FORGERS: usize = 4;
const PEOPLE: usize = 100;
const STOPS: usize = 7;
/// From a person's text to our yes, which follows the record.
const IN_TIME: Duration = Duration::from_secs(1);
const MORE_KIB: u64 = 64 * 1024;

/// What forgers share.
struct Flood {
    address: SocketAddr,
    account: String,
    people: Vec<String>,
    over: AtomicBool,
    refused: AtomicU64,
    /// Answered in any other way.
    believed: AtomicU64,
}

impl Flood {
    /// A STOP or a receipt in somebody's name, without a signature or with a wrong one.
    fn forged(&self, number: usize) -> String {
        let from = self.people[number % PEOPLE].trim_start_matches('+');
        let (account, to) = (&self.account, SENDER.trim_start_matches('+'));
        let body = if number.is_multiple_of(2) {
            format!(
                "AccountSid={account}&MessageSid=SM{number:032x}&SmsStatus=received&From=%2B{from}&To=%2B{to}&Body=STOP"
            )
        } else {
            format!(
                "AccountSid={account}&MessageSid=SM{number:032x}&MessageStatus=failed&ErrorCode=30003&To=%2B{from}"
            )
        };
        let signature = match number % 3 {
            0 => String::new(),
            1 => "X-Twilio-Signature: AAAA\r\n".to_string(),
            _ => "X-Twilio-Signature: 0/KCTR6DLpKmkAf8muzZqo1nDgQ=\r\n".to_string(),
        };
        format!(
            "POST /v1/webhooks/tw HTTP/1.1\r\nHost: sms.example.com\r\n{signature}\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    /// One connection after the other, as many calls over each as it takes.
    async fn forge(&self, first: usize) {
        let mut number = first;
        while !self.over.load(Ordering::Acquire) {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            while !self.over.load(Ordering::Acquire) {
                number += FORGERS;
                let call = self.forged(number);
                if stream.write_all(call.as_bytes()).await.is_err() {
                    break;
                }
                match status(&mut stream).await {
                    Some(403) => self.refused.fetch_add(1, Ordering::AcqRel),
                    Some(_) => self.believed.fetch_add(1, Ordering::AcqRel),
                    None => break,
                };
            }
        }
    }
}

/// Reads an answer to its end.
async fn status(stream: &mut TcpStream) -> Option<u16> {
    let (mut answer, mut bytes) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream
            .read(&mut bytes)
            .await
            .ok()
            .filter(|count| *count > 0)?;
        answer.extend_from_slice(&bytes[..count]);
        let text = String::from_utf8_lossy(&answer).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let head = head.to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1)?;
        let length: usize = length.lines().next()?.trim().parse().ok()?;
        if body.len() >= length {
            return head.split(' ').nth(1)?.parse().ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_forged_webhooks_changes_nothing_and_a_stop_beside_it_is_recorded_in_time() {
    let mut scene = TwilioWorld::start(SmscOptions {
        receipt_delay_ms: Delay {
            min: 2_000,
            max: 6_000,
        },
        failed_percent: 0.0,
        ..SmscOptions::default()
    })
    .await;
    let client = scene.world.live_client();
    let people = people(PEOPLE);
    let list = desk::import(&client, desk::csv(&people, "Ana")).await;
    desk::opt_in(&client, &people).await;
    let template = desk::published(&client, desk::TEXT).await;
    let campaign = desk::draft(&client, &template, &list).await;
    let launch = format!("/v1/campaigns/{campaign}/launch");
    client.post(&launch, &serde_json::json!({})).await.unwrap();
    wait_for("the texts", Duration::from_secs(30), async || {
        (scene.api.stats().submits >= PEOPLE as u64).then_some(())
    })
    .await;

    let flood = Arc::new(Flood {
        address: scene.world.address(),
        account: scene.account.clone(),
        people: people.clone(),
        over: AtomicBool::new(false),
        refused: AtomicU64::new(0),
        believed: AtomicU64::new(0),
    });
    let begun = Instant::now();
    let forgers: Vec<_> = (0..FORGERS)
        .map(|first| {
            let flood = flood.clone();
            tokio::spawn(async move { flood.forge(first).await })
        })
        .collect();
    let refused = || flood.refused.load(Ordering::Acquire);
    wait_for("the flood", Duration::from_secs(20), async || {
        (refused() >= FORGED / 10).then_some(())
    })
    .await;
    let before = scene.world.resident_kib();
    let mut took = Vec::new();
    for (number, phone) in people.iter().take(STOPS).enumerate() {
        let person = phone.trim_start_matches('+').parse().unwrap();
        let texted = Instant::now();
        scene
            .api
            .send_reply(Phone::from_digits(person).unwrap(), SENDER, "STOP");
        wait_for("our yes", Duration::from_secs(20), async || {
            (scene.api.stats().replies_answered > number as u64).then_some(())
        })
        .await;
        took.push(texted.elapsed());
    }
    let funnel = format!("/v1/analytics/campaigns/{campaign}/funnel");
    let funnel = wait_for("every receipt", Duration::from_secs(30), async || {
        let seen = client.get(&funnel).await.ok()?;
        (seen["awaiting_receipt"] == 0 && seen["pending"] == 0).then_some(seen)
    })
    .await;
    wait_for("all forged calls", Duration::from_secs(30), async || {
        (refused() >= FORGED).then_some(())
    })
    .await;
    flood.over.store(true, Ordering::Release);
    for forger in forgers {
        forger.await.unwrap();
    }
    let rate = refused() * 1000 / u64::try_from(begun.elapsed().as_millis()).unwrap();
    let after = scene.world.resident_kib();
    took.sort();
    println!(
        "{} forged, {rate} a second; STOP recorded after {took:?}; {before} and {after} KiB",
        refused()
    );
    // The middle one, because a busy machine may be late once.
    assert!(took[STOPS / 2] < IN_TIME, "{took:?}");
    assert!(after < before + MORE_KIB, "{before} and {after} KiB");
    assert_eq!(flood.believed.load(Ordering::Acquire), 0);
    assert_eq!(sum(&funnel["delivered"]), PEOPLE as u64, "{funnel}");
    let opt_outs = client.get("/v1/opt-outs?limit=200").await.unwrap();
    assert_eq!(
        opt_outs["data"].as_array().unwrap().len(),
        STOPS,
        "{opt_outs}"
    );
    scene.world.assert_unharmed();
    drop(scene.world);
    scene.api.stop().await;
    let verdict = channels::simulator::judge(&scene.log, "You are unsubscribed").unwrap();
    assert_eq!(
        (
            verdict.texts,
            verdict.texts_twice,
            verdict.texts_after_confirmed_stop
        ),
        (PEOPLE as u64, 0, 0),
        "{verdict:?}"
    );
}
