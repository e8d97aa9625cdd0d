//! Bytes from strangers, in great number and by a seed: no PDU, receipt or webhook body makes us panic.
//! `FUZZ_RUNS=10000000 cargo test --release -p channels --test fuzz` runs each ten million times.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use channels::fuzzing;
use rand::rngs::SmallRng;
use rand::{Rng, RngCore, SeedableRng};

#[expect(clippy::disallowed_methods, reason = "a test has no settings")]
fn runs() -> u64 {
    let wanted = std::env::var("FUZZ_RUNS");
    wanted.map_or(20_000, |runs| runs.parse().unwrap())
}

/// Changes a few bytes of a sample, cuts it, repeats some of it, or makes something up.
fn bytes(samples: &[&[u8]], dice: &mut SmallRng, out: &mut Vec<u8>) {
    out.clear();
    if dice.random_ratio(1, 8) {
        out.resize(dice.random_range(0..200), 0);
        dice.fill_bytes(out);
        return;
    }
    out.extend_from_slice(samples[dice.random_range(0..samples.len())]);
    for _ in 0..dice.random_range(0..6) {
        if out.is_empty() {
            return;
        }
        let at = dice.random_range(0..out.len());
        match dice.random_range(0..5) {
            0 => out[at] = dice.random(),
            1 => out[at] ^= 1 << dice.random_range(0..8),
            2 => out.truncate(at),
            3 => out.insert(at, dice.random()),
            _ => {
                let end = dice.random_range(at..out.len().min(at + 16));
                let again = out[at..=end].to_vec();
                out.splice(at..at, again);
            }
        }
    }
}

fn run(seed: u64, samples: &[&[u8]], target: fn(&[u8])) {
    let mut dice = SmallRng::seed_from_u64(seed);
    let mut out = Vec::new();
    for _ in 0..runs() {
        bytes(samples, &mut dice, &mut out);
        target(&out);
    }
}

#[test]
fn no_pdu_makes_it_panic() {
    let samples = fuzzing::sample_pdus();
    let samples: Vec<&[u8]> = samples.iter().map(Vec::as_slice).collect();
    run(1, &samples, fuzzing::pdu);
}

#[test]
fn no_receipts_text_makes_it_panic() {
    let samples: [&[u8]; 3] = [
        b"id:00a1 sub:001 dlvrd:001 submit date:2606101500 done date:2606101501 stat:DELIVRD err:000 text:Hi",
        b"ID: 7 STAT:UNDELIV ERR:011 TEXT:id:9 stat:DELIVRD",
        "stat:EXPIRED err:0 id:gr\u{fc}\u{df}e text:\u{1F600}".as_bytes(),
    ];
    run(2, &samples, fuzzing::receipt);
}

#[test]
fn no_webhook_body_makes_it_panic() {
    let samples: [&[u8]; 4] = [
        b"AccountSid=AC1&MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30007&To=%2B15005550006",
        b"AccountSid=AC1&SmsSid=SM2&SmsStatus=received&From=%2B15005550013&To=%2B100&Body=STOP+%F0%9F%98%80",
        br#"{"results":[{"messageId":17,"status":"DELIVERED","error":7,"ref":"msg_01"}]}"#,
        br#"{"results":[{"sender":"15005550013","receiver":"+15005550100","text":"STOP"}]}"#,
    ];
    run(3, &samples, fuzzing::webhook);
}

#[test]
fn no_answer_of_a_provider_makes_it_panic() {
    let samples: [&[u8]; 3] = [
        br#"{"sid":"SM1","status":"queued","error_code":null}"#,
        br#"{"code":21610,"message":"x","status":400}"#,
        b"<html><body>502</body></html>",
    ];
    run(4, &samples, fuzzing::answer);
}
