//! The service on a real nats-server and database, between a stub of consent and a simulated carrier.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use channels::simulator::{Smsc, SmscOptions, Verdict, judge};
use chassis::Db;
use contract::chunk::{ChunkHead, Encoding, Outcome, Text};
use contract::dispatch::SendChunk;
use contract::ids::{CampaignId, ContactId, DecisionId, MessageId, RunId, TemplateId};
use contract::{Class, Mode, Phone, UnixMillis};
use testkit::Kit;

use super::events::Said;
use super::stub::Stub;

pub const SENDER: &str = "+15005550006";

/// A pull that a restart has cut off ends after twenty seconds; then deliveries go on.
const PATIENCE: Duration = Duration::from_secs(45);

pub struct Rig {
    pub kit: Kit,
    pub stub: Stub,
    pub said: Said,
    pub smsc: Smsc,
    pub run: RunId,
    folder: tempfile::TempDir,
}

/// What a test wants to be otherwise.
#[derive(Default)]
pub struct Wish {
    pub smsc: SmscOptions,
    pub settings: Vec<(&'static str, serde_json::Value)>,
    pub stub: Stub,
    /// The carrier takes live texts instead of those of test mode, with so many unanswered at most.
    pub live_window: Option<usize>,
}

/// A carrier that delivers everything.
pub fn kind() -> SmscOptions {
    SmscOptions {
        failed_percent: 0.0,
        ..SmscOptions::default()
    }
}

impl Rig {
    pub async fn start(mut wish: Wish) -> Self {
        let folder = tempfile::tempdir().unwrap();
        wish.smsc.log = Some(folder.path().join("smsc.jsonl"));
        let smsc = Smsc::start(([127, 0, 0, 1], 0).into(), wish.smsc).unwrap();
        let mut address = smsc.address().to_string();
        if let Some(window) = wish.live_window {
            // A carrier brings receipts on any connection; here each account has one of its own.
            address.clear();
            // Patient, so that nothing but a lost connection makes texts unknown on a busy machine.
            let account = serde_json::json!({
                "host": "127.0.0.1", "port": smsc.address().port(), "window": window,
                "response_timeout_seconds": 60,
            });
            wish.settings.push(("dispatch.providers.carrier", account));
        }
        let kit = Kit::start_with(&[dispatch::SERVICE], |settings| {
            // A kit that restarts has stopped the one before.
            let settings = settings
                .with("dispatch.simulator.address", address)
                .with("dispatch.takeover_wait_ms", 0);
            wish.settings
                .into_iter()
                .fold(settings, |settings, (key, value)| settings.with(key, value))
        })
        .await;
        // A connection of its own: it outlives restarts of the service.
        let (client, _) = chassis::bus::connect(&kit.nats.url(), "stub")
            .await
            .unwrap();
        let (said, run) = (Said::default(), RunId::begin(kit.clock.now()));
        said.listen(&client).await;
        wish.stub.listen(&client).await;
        Self {
            kit,
            stub: wish.stub,
            said,
            smsc,
            run,
            folder,
        }
    }

    pub fn db(&self) -> Db {
        self.kit.db("dispatch")
    }

    /// A text to each of `positions`; the person's number tells the chunk and the position.
    pub fn chunk(&self, chunk: u32, positions: impl Iterator<Item = u16>) -> SendChunk {
        let texts = positions
            .map(|position| Text {
                position,
                contact: ContactId::from_raw(u128::from(chunk) << 16 | u128::from(position)),
                phone: Phone::from_digits(
                    12_125_550_000 + u64::from(chunk) * 512 + u64::from(position),
                )
                .unwrap(),
                zone: None,
                decision: DecisionId::from_raw(1),
                encoding: Encoding::Gsm7,
                segments: 1,
                body: format!("Hello {position}"),
            })
            .collect();
        let now = self.kit.clock.millis();
        let head = ChunkHead {
            run: self.run,
            campaign: CampaignId::from_raw(5),
            chunk,
            class: Class::Marketing,
            programme: "default".to_string(),
            template: TemplateId::from_raw(6),
            template_version: 1,
            sender: SENDER.to_string(),
            mode: Mode::Test,
            valid_until: UnixMillis(now.0 + 3_600_000),
            released_at: now,
            zones: Vec::new(),
            field_names: Vec::new(),
        };
        SendChunk { head, texts }
    }

    pub async fn send(&self, chunk: &SendChunk) {
        self.kit.bus.publish(self.kit.tenant, chunk).await.unwrap();
    }

    /// Does what campaigns do: sends texts of these chunks that are held again at their time, until all is as it
    /// should be.
    pub async fn play(&self, chunks: &[SendChunk], what: &str, reached: impl Fn(&Self) -> bool) {
        let (begun, mut sent) = (Instant::now(), HashSet::new());
        while !reached(self) {
            let states = || {
                let counts = Outcome::ALL.map(|outcome| (outcome, self.said.count(outcome)));
                counts.into_iter().filter(|(_, count)| *count > 0)
            };
            assert!(
                begun.elapsed() < PATIENCE,
                "waited in vain until {what}: {:?}",
                states().collect::<Vec<_>>()
            );
            let now = self.kit.clock.millis();
            let due: HashSet<MessageId> = {
                let said = self.said.hand_overs.lock().unwrap();
                let held = said
                    .iter()
                    .filter_map(|(id, item)| Some((*id, item.until?)));
                held.filter(|(id, until)| until.0 <= now.0 && sent.insert((*id, until.0)))
                    .map(|(id, _)| id)
                    .collect()
            };
            for chunk in chunks {
                let mut again = chunk.clone();
                let number = chunk.head.chunk;
                again
                    .texts
                    .retain(|text| due.contains(&MessageId::of(self.run, number, text.position)));
                if !again.texts.is_empty() {
                    self.send(&again).await;
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// When segments reached the carrier, by its own log: Unix microseconds, the sender's number without its plus.
    pub fn arrivals(&self) -> Vec<(u64, String)> {
        arrivals(&self.folder.path().join("smsc.jsonl"))
    }

    /// Stops the service in order and starts it again on the same tables.
    pub async fn restart(mut self) -> Self {
        self.kit = self.kit.restart().await;
        self
    }

    /// Stops everything and lets the carrier's own log speak.
    pub async fn stop(self) -> Verdict {
        self.kit.stop().await;
        self.smsc.stop().await;
        judge(
            &self.folder.path().join("smsc.jsonl"),
            "You are unsubscribed",
        )
        .unwrap()
    }
}

/// What a carrier's log says of submits, in ascending order of time.
pub fn arrivals(log: &std::path::Path) -> Vec<(u64, String)> {
    let text = std::fs::read_to_string(log).unwrap();
    let entries = text.lines().filter_map(|line| {
        let entry: serde_json::Value = serde_json::from_str(line).ok()?;
        let from = entry["from"].as_str()?.trim_start_matches('+').to_string();
        (entry["e"] == "submit").then_some((entry["t"].as_u64()?, from))
    });
    let mut arrivals: Vec<_> = entries.collect();
    arrivals.sort();
    arrivals
}

/// Waits for as long as [`PATIENCE`] lasts.
pub async fn until(what: &str, reached: impl Fn() -> bool) {
    let begun = Instant::now();
    while !reached() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
