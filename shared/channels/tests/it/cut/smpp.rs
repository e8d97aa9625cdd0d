//! SMPP: both directions of a bind with three texts, one of them in two parts, are cut at every byte.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use channels::smpp::{SmppConfig, SmppProvider};
use channels::{Certainty, Provider};
use futures::StreamExt;

use super::server::{Cut, Cutter, End, listen};
use crate::support::{config, soon, text, within};

const CASES_AT_ONCE: usize = 128;
/// Whom the texts are for.
const PEOPLE: [u64; 3] = [12_025_550_000, 12_025_550_001, 12_025_550_002];
const BIND: u32 = 9;
const SUBMIT: u32 = 4;
const RESPONSE: u32 = 0x8000_0000;

/// What the server took, and how many bytes went either way.
#[derive(Debug, Default, Clone)]
struct Taken {
    /// Parts by recipient.
    parts: BTreeMap<u64, usize>,
    bound: usize,
    read: usize,
    written: usize,
    /// Bytes of the bind and of its answer.
    bind: (usize, usize),
}

impl Taken {
    /// Eats whole PDUs and answers them.
    fn serve(&mut self, seen: &mut Vec<u8>) -> Vec<u8> {
        let mut answers = Vec::new();
        let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
        while seen.len() >= 16 && seen.len() >= number(&seen[..4]) as usize {
            let pdu: Vec<u8> = seen.drain(..number(&seen[..4]) as usize).collect();
            let (command, sequence) = (number(&pdu[4..8]), number(&pdu[12..16]));
            let name: &[u8] = match command {
                BIND => b"\0",
                SUBMIT => b"0123456789abcdef\0",
                _ => b"",
            };
            let length = u32::try_from(16 + name.len()).unwrap();
            for field in [length, command | RESPONSE, 0, sequence] {
                answers.extend_from_slice(&field.to_be_bytes());
            }
            answers.extend_from_slice(name);
            self.read += pdu.len();
            self.written += length as usize;
            if command == BIND {
                self.bound += 1;
                self.bind = (pdu.len(), length as usize);
            }
            if command == SUBMIT {
                *self.parts.entry(recipient(&pdu[16..])).or_default() += 1;
            }
        }
        answers
    }
}

/// The destination address of a submit_sm's body (SMPP 3.4, section 4.4.1).
fn recipient(body: &[u8]) -> u64 {
    let text = |from: usize| {
        let end = body[from..].iter().position(|byte| *byte == 0).unwrap();
        (from + end + 1, &body[from..from + end])
    };
    let (after_type, _) = text(0);
    let (after_source, _) = text(after_type + 2);
    let (_, to) = text(after_source + 2);
    std::str::from_utf8(to).unwrap().parse().unwrap()
}

/// The outcomes, line by line with [`PEOPLE`], and what the server took.
async fn play(cut: Cut, end: End) -> (Vec<Certainty>, Taken) {
    let (listener, address) = listen().await;
    let taken = Arc::new(Mutex::new(Taken::default()));
    let counts = taken.clone();
    let server = tokio::spawn(async move {
        let cutter = Arc::new(Cutter::new(cut, end));
        while let Ok((stream, _)) = listener.accept().await {
            let (cutter, counts) = (cutter.clone(), counts.clone());
            tokio::spawn(async move {
                let mut serve = |seen: &mut Vec<u8>| counts.lock().unwrap().serve(seen);
                let _cut = cutter.connection(stream, &mut serve).await;
            });
        }
    });
    let (bring, _brought) = tokio::sync::mpsc::channel(64);
    let config = SmppConfig {
        response_timeout_seconds: 1,
        enquire_link_seconds: 1,
        ..config(address)
    };
    let provider = SmppProvider::connect("cut", config, bring).unwrap();
    let long = "a".repeat(200);
    let texts = PEOPLE.iter().zip(["Hello", long.as_str(), "Hello"]);
    let batch = texts.map(|(to, body)| text(*to, body)).collect();
    let outcomes = within(provider.send(batch, soon())).await;
    server.abort();
    let taken = taken.lock().unwrap().clone();
    (
        outcomes.iter().map(|outcome| outcome.certainty()).collect(),
        taken,
    )
}

/// Nothing twice, and nothing certain that is not so.
fn assert_true(case: (Cut, End), sure: &[Certainty], taken: &Taken) {
    for ((to, sure), parts) in PEOPLE.iter().zip(sure).zip([1, 2, 1]) {
        let seen = taken.parts.get(to).copied().unwrap_or(0);
        assert!(seen <= parts, "twice: {case:?} {to} {taken:?}");
        match sure {
            Certainty::SurelySent => assert_eq!(seen, parts, "{case:?} {to} {taken:?}"),
            Certainty::SurelyNotSent => assert_eq!(seen, 0, "{case:?} {to} {taken:?}"),
            Certainty::Ambiguous => {}
        }
    }
}

async fn play_all(cuts: impl Iterator<Item = Cut>, end: End) -> Vec<(Cut, Vec<Certainty>, Taken)> {
    let cases = cuts.map(|cut| async move {
        let (sure, taken) = play(cut, end).await;
        assert_true((cut, end), &sure, &taken);
        (cut, sure, taken)
    });
    futures::stream::iter(cases)
        .buffered(CASES_AT_ONCE)
        .collect()
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn submits_and_their_answers_cut_at_any_byte_agree_with_what_the_carrier_took() {
    let (sure, whole) = play(Cut::Read(usize::MAX), End::Reset).await;
    assert_eq!(sure, [Certainty::SurelySent; 3]);
    assert_eq!(whole.parts.values().sum::<usize>(), 4, "{whole:?}");
    for end in [End::Reset, End::Closed, End::Silent] {
        let read = (0..=whole.read).map(Cut::Read);
        let written = (0..=whole.written).map(Cut::Written);
        for (cut, sure, taken) in play_all(read.chain(written), end).await {
            let count = |wanted| sure.iter().filter(|sure| **sure == wanted).count();
            assert_eq!(
                count(Certainty::SurelyNotSent),
                0,
                "{cut:?} {end:?} {sure:?}"
            );
            let before_texts = match cut {
                Cut::Read(count) => count < whole.bind.0,
                Cut::Written(count) => count < whole.bind.1,
            };
            if before_texts {
                // No text was written over the broken link, so all leave over the next one.
                assert_eq!(sure, [Certainty::SurelySent; 3], "{cut:?} {end:?}");
                assert!(taken.bound >= 1, "{taken:?}");
            }
        }
    }
}
