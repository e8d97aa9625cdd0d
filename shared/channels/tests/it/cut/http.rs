//! HTTP: the request is cut at every byte, and so is every kind of answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use channels::account::{self, AccountConfig};
use channels::{Certainty, Provider};
use futures::StreamExt;
use serde_json::json;

use super::server::{Cut, Cutter, End, listen};
use crate::support::{text, within};

const ACCOUNT: &str = "AC00112233445566778899aabbccddeeff";
const CASES_AT_ONCE: usize = 128;

#[derive(Debug, Clone, Copy)]
enum Kind {
    Twilio,
    Custom,
}

/// What the server says to the text: yes or no, in three ways of saying where the answer ends.
const ANSWERS: [(&str, bool); 6] = [
    (
        "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 33\r\n\r\n{\"sid\": \"SM1\", \"status\":\"queued\"}",
        true,
    ),
    (
        "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{\"sid\": \"SM1\", \"\r\n11\r\nstatus\":\"queued\"}\r\n0\r\n\r\n",
        true,
    ),
    (
        "HTTP/1.1 201 Created\r\nConnection: close\r\n\r\n{\"sid\": \"SM1\", \"status\":\"queued\"}",
        true,
    ),
    (
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 36\r\n\r\n{\"code\": 21211, \"message\": \"number\"}",
        false,
    ),
    (
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nContent-Length: 15\r\n\r\n{\"code\": 20429}",
        false,
    ),
    (
        "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
        true,
    ),
];

/// One case, and what came of it.
#[derive(Debug)]
struct Seen {
    certainty: Certainty,
    /// How often the server read the whole request and carried it out.
    taken: usize,
    /// Bytes of the whole request.
    length: usize,
}

fn provider(kind: Kind, url: &str) -> Arc<dyn Provider> {
    let settings = match kind {
        Kind::Twilio => json!({ "kind": "twilio", "base_url": url, "account_sid": ACCOUNT,
            "auth_token": "token", "timeout_seconds": 1 }),
        Kind::Custom => {
            json!({ "kind": "http", "url": format!("{url}/send"), "body": "To={to}&Body={text}",
            "body_format": "form", "timeout_seconds": 1,
            "response": { "id": "/sid", "error": "/code", "errors": { "21211": "invalid" } } })
        }
    };
    let config: AccountConfig = serde_json::from_value(settings).unwrap();
    let (bring, _brought) = tokio::sync::mpsc::channel(1);
    account::open("cut", config, bring).unwrap()
}

/// Length of the first request in `seen`, once it is there as a whole.
fn request(seen: &[u8]) -> Option<usize> {
    let head = seen.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let fields = std::str::from_utf8(&seen[..head])
        .unwrap()
        .to_ascii_lowercase();
    let (_, length) = fields.split_once("content-length: ").unwrap();
    let body: usize = length.split("\r\n").next().unwrap().parse().unwrap();
    (seen.len() >= head + body).then_some(head + body)
}

/// Sends a text to a server that cuts the connection; what comes afterwards is taken.
async fn play(kind: Kind, (answer, is_taken): (&'static str, bool), cut: Cut, end: End) -> Seen {
    let (listener, address) = listen().await;
    let (taken, length) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counts = (taken.clone(), length.clone());
    let server = tokio::spawn(async move {
        let cutter = Arc::new(Cutter::new(cut, end));
        while let Ok((stream, _)) = listener.accept().await {
            let (cutter, (taken, length)) = (cutter.clone(), counts.clone());
            tokio::spawn(async move {
                let mut serve = |seen: &mut Vec<u8>| {
                    let Some(whole) = request(seen) else {
                        return Vec::new();
                    };
                    seen.drain(..whole);
                    length.store(whole, Ordering::Release);
                    // Behind the fault the server is its old self.
                    let (answer, is_taken) = if cutter.is_done() {
                        ANSWERS[0]
                    } else {
                        (answer, is_taken)
                    };
                    taken.fetch_add(usize::from(is_taken), Ordering::AcqRel);
                    answer.as_bytes().to_vec()
                };
                let _cut = cutter.connection(stream, &mut serve).await;
            });
        }
    });
    let provider = provider(kind, &format!("http://{address}"));
    let deadline = Instant::now() + Duration::from_secs(8);
    let outcomes = within(provider.send(vec![text(12_025_550_000, "Hello")], deadline)).await;
    server.abort();
    Seen {
        certainty: outcomes[0].certainty(),
        taken: taken.load(Ordering::Acquire),
        length: length.load(Ordering::Acquire),
    }
}

/// Whatever was cut: nothing twice, and nothing certain that is not so.
fn assert_true(seen: &Seen, case: &str) {
    assert!(seen.taken <= 1, "twice: {case} {seen:?}");
    match seen.certainty {
        Certainty::SurelySent => assert_eq!(seen.taken, 1, "{case} {seen:?}"),
        Certainty::SurelyNotSent => assert_eq!(seen.taken, 0, "{case} {seen:?}"),
        Certainty::Ambiguous => {}
    }
}

/// Every byte of `cuts`, several at once, in their order.
async fn play_all(
    kind: Kind,
    answer: (&'static str, bool),
    cuts: impl Iterator<Item = Cut>,
    end: End,
) -> Vec<(Cut, Seen)> {
    let cases = cuts.map(|cut| async move {
        let seen = play(kind, answer, cut, end).await;
        assert_true(&seen, &format!("{kind:?} {cut:?} {end:?} {}", answer.0));
        (cut, seen)
    });
    futures::stream::iter(cases)
        .buffered(CASES_AT_ONCE)
        .collect()
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_cut_at_any_byte_is_never_called_not_sent_where_it_was_taken() {
    for kind in [Kind::Twilio, Kind::Custom] {
        let whole = play(kind, ANSWERS[0], Cut::Read(usize::MAX), End::Reset).await;
        assert_eq!(
            (whole.certainty, whole.taken),
            (Certainty::SurelySent, 1),
            "{whole:?}"
        );
        for end in [End::Reset, End::Closed, End::Silent] {
            let cuts = (0..=whole.length).map(Cut::Read);
            for (cut, seen) in play_all(kind, ANSWERS[0], cuts, end).await {
                // The first byte has arrived: from here on nobody can know, and it is not sent again.
                if cut != Cut::Read(0) {
                    assert_eq!(seen.certainty, Certainty::Ambiguous, "{cut:?} {end:?}");
                }
                let taken = usize::from(cut == Cut::Read(whole.length));
                if cut != Cut::Read(0) {
                    assert_eq!(seen.taken, taken, "{cut:?} {end:?}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_cut_at_any_byte_is_never_read_as_more_than_it_says() {
    for kind in [Kind::Twilio, Kind::Custom] {
        for answer in ANSWERS {
            let length = answer.0.len();
            for end in [End::Reset, End::Closed, End::Silent] {
                let cuts = (0..=length).map(Cut::Written);
                let seen = play_all(kind, answer, cuts, end).await;
                let sure = |at: usize| seen[at].1.certainty;
                // Without a byte of it nobody can know, whatever it would have been.
                assert_eq!(
                    sure(0),
                    Certainty::Ambiguous,
                    "{kind:?} {end:?} {}",
                    answer.0
                );
                // A reset may take what was written before it along.
                if end == End::Reset {
                    continue;
                }
                let (status, whole) = (&answer.0[9..12], sure(length));
                match status {
                    // Its end is the connection's, which never comes.
                    "201" if end == End::Silent && answer.0.contains("close") => {
                        assert_eq!(whole, Certainty::Ambiguous, "{kind:?} {end:?}");
                    }
                    "201" => assert_eq!(whole, Certainty::SurelySent, "{kind:?} {end:?}"),
                    "400" => assert_eq!(whole, Certainty::SurelyNotSent, "{kind:?} {end:?}"),
                    // Said again at once, perhaps over the connection that is just being cut.
                    "429" => assert_ne!(whole, Certainty::SurelyNotSent, "{kind:?} {end:?}"),
                    _ => assert_eq!(whole, Certainty::Ambiguous, "{kind:?} {end:?}"),
                }
            }
        }
    }
}
