use std::net::SocketAddr;
use std::time::{Duration, Instant};

use channels::simulator::{Delay, Smsc, SmscOptions};
use channels::smpp::{SmppConfig, SmppProvider};
use channels::{FromCarrier, Incoming, Provider, Submission, SubmitOutcome};
use contract::chunk::Encoding;
use contract::consent::Permit;
use contract::{DecisionId, MessageId, Phone, segments};
use tokio::sync::mpsc;

pub const SENDER: &str = "+15005550006";

pub fn quick() -> SmscOptions {
    SmscOptions {
        receipt_delay_ms: Delay { min: 0, max: 20 },
        failed_percent: 0.0,
        ..SmscOptions::default()
    }
}

pub fn config(address: SocketAddr) -> SmppConfig {
    SmppConfig {
        port: address.port(),
        response_timeout_seconds: 5,
        ..SmppConfig::default()
    }
}

/// Keeps an address that nobody answers at, until it is dropped: a port that is merely free may be given to another
/// test's server at once.
pub fn nobody_at(address: SocketAddr) -> tokio::net::TcpSocket {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

pub struct Rig {
    pub smsc: Smsc,
    pub provider: SmppProvider,
    pub incoming: mpsc::Receiver<Vec<Incoming>>,
}

impl Rig {
    pub fn start(options: SmscOptions) -> Self {
        Self::start_with(options, |_| {})
    }

    pub fn start_with(options: SmscOptions, change: impl FnOnce(&mut SmppConfig)) -> Self {
        let smsc = Smsc::start("127.0.0.1:0".parse().unwrap(), options).unwrap();
        let (sender, incoming) = mpsc::channel(64);
        let mut config = config(smsc.address());
        change(&mut config);
        let provider = SmppProvider::connect("simulator", config, sender).unwrap();
        Self {
            smsc,
            provider,
            incoming,
        }
    }

    pub async fn ready(&self) {
        within(self.provider.ready()).await;
    }

    pub async fn send(&self, texts: Vec<(Permit, Submission)>) -> Vec<SubmitOutcome> {
        within(self.provider.send(texts, soon())).await
    }

    /// What came in, answered with OK.
    pub async fn take(&mut self, count: usize) -> Vec<FromCarrier> {
        let mut items = Vec::new();
        while items.len() < count {
            let batch = within(self.incoming.recv()).await.unwrap();
            let mut tokens = Vec::new();
            for incoming in batch {
                items.push(incoming.item);
                tokens.push(incoming.token);
            }
            self.provider.answer(tokens, true);
        }
        items
    }
}

pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future)
        .await
        .expect("took longer than 20 s")
}

pub async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < limit, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub fn soon() -> Instant {
    Instant::now() + Duration::from_secs(15)
}

pub fn phone(digits: u64) -> Phone {
    Phone::from_digits(digits).unwrap()
}

pub fn text(to: u64, body: &str) -> (Permit, Submission) {
    let measured = segments::measure(body);
    let submission = Submission {
        to: phone(to),
        from: SENDER.into(),
        encoding: Encoding::Gsm7,
        segments: u8::try_from(measured.segments).unwrap(),
        body: body.into(),
        valid_for: Some(Duration::from_secs(3600)),
    };
    (
        Permit::issue(
            MessageId::from_raw(u128::from(to)),
            DecisionId::from_raw(1),
            1,
        ),
        submission,
    )
}

/// `count` texts to numbers that mean nothing special.
pub fn texts(count: u64, body: &str) -> Vec<(Permit, Submission)> {
    (0..count).map(|n| text(12_025_000_000 + n, body)).collect()
}

pub fn accepted(outcomes: &[SubmitOutcome]) -> usize {
    outcomes
        .iter()
        .filter(|o| matches!(o, SubmitOutcome::Accepted { .. }))
        .count()
}

pub fn unknown(outcomes: &[SubmitOutcome]) -> usize {
    outcomes
        .iter()
        .filter(|o| **o == SubmitOutcome::Unknown)
        .count()
}
