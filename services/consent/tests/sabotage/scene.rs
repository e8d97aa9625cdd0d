//! One playing of a schedule: its people, and both logs that the judge reads.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use channels::simulator::{StopEntry, StopFigures, Verdict, judge_stop_lines};
use contract::ConsentId;
use contract::chunk::SlotRef;
use contract::consent::OptOutConfirmed;
use futures::StreamExt;
use serde_json::{Value, json};
use testkit::eventually_within;
use tokio::task::JoinSet;

use crate::Kit;
use crate::support::{SENDER, listen, opt_in_all, phone, run};

/// Times a schedule is played, each with people of its own.
pub const ROUNDS: u64 = 10;
/// People of a round.
const PEOPLE: u64 = 4;
/// For what must happen.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Scene<'k> {
    pub kit: &'k Kit,
    /// Of this scene's people and runs.
    first: u64,
    carrier: Mutex<Vec<Value>>,
    stops: Mutex<Vec<StopEntry>>,
    /// Who stopped, and by which entry of the ledger.
    stopped: Mutex<Vec<(u64, ConsentId)>>,
    /// When opt-outs were confirmed, by consent's own word.
    confirmed: Arc<Mutex<HashMap<ConsentId, u64>>>,
    /// Hears `confirmed` until the scene is over.
    _ear: JoinSet<()>,
}

impl<'k> Scene<'k> {
    /// The `number`th scene of a kit. Its people have opted in.
    pub async fn open(kit: &'k Kit, number: u64) -> Self {
        let first = number * ROUNDS * PEOPLE;
        opt_in_all(kit, first..first + ROUNDS * PEOPLE).await;
        let mut ear = listen::<OptOutConfirmed>(kit).await;
        let confirmed: Arc<Mutex<HashMap<_, _>>> = Arc::default();
        let heard = confirmed.clone();
        let mut hearing = JoinSet::new();
        hearing.spawn(async move {
            while let Some(said) = ear.next().await {
                let at = u64::try_from(said.confirmed_at.0).unwrap() * 1000;
                heard.lock().unwrap().insert(said.consent, at);
            }
        });
        Self {
            kit,
            first,
            carrier: Mutex::default(),
            stops: Mutex::default(),
            stopped: Mutex::default(),
            confirmed,
            _ear: hearing,
        }
    }

    /// The `n`th person of a round.
    pub fn person(&self, round: u64, n: u64) -> u64 {
        assert!(n < PEOPLE);
        self.first + round * PEOPLE + n
    }

    /// The first slot of a run of this round's own.
    pub fn slot(&self, round: u64) -> SlotRef {
        SlotRef {
            run: run(u128::from(self.first + round) + 1),
            chunk: 0,
            slot: 0,
        }
    }

    /// Unix microseconds of the clock that consent goes by.
    fn micros(&self) -> u64 {
        u64::try_from(self.kit.clock.now().timestamp_micros()).unwrap()
    }

    /// A text reaches the carrier.
    pub fn take(&self, person: u64, text: &str) {
        let mut log = self.carrier.lock().unwrap();
        let (id, to) = (format!("s{}", log.len()), phone(person).to_string());
        log.push(json!({ "t": self.micros(), "e": "submit", "id": id, "from": SENDER, "to": to, "text": text }));
    }

    /// A person's STOP reaches the carrier, who brings it to us.
    pub fn ask_to_stop(&self, person: u64) {
        let (t, number) = (self.micros(), phone(person).to_string());
        let id = format!("r{person}");
        let line =
            json!({ "t": t, "e": "reply", "id": id, "from": number, "to": SENDER, "text": "STOP" });
        self.carrier.lock().unwrap().push(line);
        self.stops
            .lock()
            .unwrap()
            .push(StopEntry::Sent { t, number });
    }

    /// We have answered the STOP with OK.
    pub fn stop_recorded(&self, person: u64, consent: ConsentId) {
        let (t, number) = (self.micros(), phone(person).to_string());
        let line = json!({ "t": t, "e": "reply_ok", "id": format!("r{person}"), "from": number });
        self.carrier.lock().unwrap().push(line);
        self.stopped.lock().unwrap().push((person, consent));
    }

    /// Has consent called it confirmed?
    pub fn is_confirmed(&self, consent: ConsentId) -> Option<u64> {
        self.confirmed.lock().unwrap().get(&consent).copied()
    }

    /// Resolves once consent calls it confirmed.
    pub async fn confirmed(&self, consent: ConsentId) -> u64 {
        let look = async || self.is_confirmed(consent);
        eventually_within(PATIENCE, "the opt-out is confirmed", look).await
    }

    /// What the judge of both logs says, once every opt-out is confirmed.
    pub async fn judged(self) -> (Verdict, StopFigures) {
        let stopped = std::mem::take(&mut *self.stopped.lock().unwrap());
        for (person, consent) in stopped {
            let t = self.confirmed(consent).await;
            let number = phone(person).to_string();
            let line = StopEntry::Confirmed { t, number };
            self.stops.lock().unwrap().push(line);
        }
        let carrier = lines(&self.carrier.lock().unwrap());
        let stops = lines(&self.stops.lock().unwrap());
        judge_stop_lines(&carrier[..], &stops[..], "You are unsubscribed").unwrap()
    }
}

fn lines<T: serde::Serialize>(entries: &[T]) -> Vec<u8> {
    let lines = entries.iter().map(|one| serde_json::to_string(one));
    lines
        .flat_map(|line| [line.unwrap(), "\n".to_string()])
        .collect::<String>()
        .into_bytes()
}
