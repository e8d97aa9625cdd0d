//! Dead letters: payloads that could not be handled, kept in the stream `DLQ` until they are replayed.

use std::time::Duration;

use anyhow::Context as _;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use async_nats::jetstream::{self, AckKind, Message};
use async_nats::{HeaderMap, HeaderValue};
use contract::envelope::headers;
use contract::streams::DEAD_LETTERS;
use futures::StreamExt;

use super::Bus;
use super::wire::ENVELOPE_ID;

const SUBJECT: &str = "hm-subject";
const CODE: &str = "hm-failure";
const DETAIL: &str = "hm-detail";
const DURABLE: &str = "hm-durable";
const OF_A_LETTER: [&str; 4] = [SUBJECT, CODE, DETAIL, DURABLE];

/// One dead letter, without its body.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DeadLetter {
    /// Its place in the stream; what a replay names.
    pub sequence: u64,
    pub durable: String,
    pub subject: String,
    pub code: String,
    pub detail: String,
}

/// Keeps the payload as a dead letter, then settles the original.
pub(super) async fn bury(
    bus: &Bus,
    durable: &str,
    message: &Message,
    code: &str,
    detail: &str,
) -> anyhow::Result<()> {
    tracing::error!(
        durable,
        code,
        detail,
        "a payload could not be handled; it is kept as a dead letter"
    );
    metrics::counter!("dead_letters_total", "durable" => durable.to_string()).increment(1);
    let delivered = message.headers.clone().unwrap_or_default();
    let mut map = carried(&delivered);
    map.insert(SUBJECT, message.subject.as_str());
    map.insert(CODE, code);
    let detail: String = detail
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(1000)
        .collect();
    map.insert(DETAIL, detail.as_str());
    map.insert(DURABLE, durable);
    // The same payload may fail for two durables: each keeps its own letter.
    if let Some(id) = delivered.get(headers::ID) {
        map.insert(headers::ID, format!("{id}-{durable}").as_str());
    }
    let ack = bus
        .inner
        .jetstream
        .publish_with_headers(format!("dlq.{durable}"), map, message.payload.clone())
        .await?;
    ack.await.context("the dead letter was not stored")?;
    message
        .ack_with(AckKind::Term)
        .await
        .map_err(|error| anyhow::anyhow!(error))
}

/// The dead letters, oldest first, at most `limit`.
pub async fn list(js: &jetstream::Context, limit: usize) -> anyhow::Result<Vec<DeadLetter>> {
    let mut letters = Vec::new();
    for message in read(js, limit).await? {
        let map = message.headers.clone().unwrap_or_default();
        let text = |name: &str| map.get(name).map(ToString::to_string).unwrap_or_default();
        letters.push(DeadLetter {
            sequence: message
                .info()
                .map_err(|error| anyhow::anyhow!(error))?
                .stream_sequence,
            durable: text(DURABLE),
            subject: text(SUBJECT),
            code: text(CODE),
            detail: text(DETAIL),
        });
    }
    Ok(letters)
}

/// Says dead letters again on their original subjects (all of them, or one by its sequence) and removes
/// them. Returns how many.
pub async fn replay(js: &jetstream::Context, only: Option<u64>) -> anyhow::Result<usize> {
    let stream = js
        .get_stream(DEAD_LETTERS)
        .await
        .context("there is no dead letter stream")?;
    let mut replayed = 0;
    for message in read(js, usize::MAX).await? {
        let sequence = message
            .info()
            .map_err(|error| anyhow::anyhow!(error))?
            .stream_sequence;
        if only.is_some_and(|wanted| wanted != sequence) {
            continue;
        }
        let map = message.headers.clone().unwrap_or_default();
        let subject = map
            .get(SUBJECT)
            .context("the dead letter has no original subject")?
            .to_string();
        let id = map.get(ENVELOPE_ID).map_or("", HeaderValue::as_str);
        let mut again = carried(&map);
        // A new id for the server, which would drop a repetition within two minutes; the envelope keeps its
        // own, so that consumers that handled it before recognise it. Named after the letter: a replay that
        // breaks off before the letter is removed can be repeated.
        again.insert(headers::ID, format!("replay-{sequence}-{id}").as_str());
        js.publish_with_headers(subject, again, message.payload.clone())
            .await?
            .await?;
        stream.delete_message(sequence).await?;
        replayed += 1;
    }
    Ok(replayed)
}

/// The headers that belong to the payload, and its envelope's id. The server's own stay behind: those of an
/// atomic batch would make one of the letter.
fn carried(delivered: &HeaderMap) -> HeaderMap {
    let mut map = HeaderMap::new();
    if let Some(id) = delivered.get(headers::ID) {
        map.insert(ENVELOPE_ID, id.clone());
    }
    for (name, values) in delivered.iter() {
        let name: &str = name.as_ref();
        let ours = !name.starts_with("Nats-") && !OF_A_LETTER.contains(&name);
        if let (true, Some(value)) = (ours, values.first()) {
            map.insert(name, value.clone());
        }
    }
    map
}

async fn read(js: &jetstream::Context, limit: usize) -> anyhow::Result<Vec<Message>> {
    let mut stream = js
        .get_stream(DEAD_LETTERS)
        .await
        .context("there is no dead letter stream")?;
    let count = usize::try_from(stream.info().await?.state.messages)?.min(limit);
    let config = pull::Config {
        ack_policy: AckPolicy::None,
        deliver_policy: DeliverPolicy::All,
        inactive_threshold: Duration::from_secs(30),
        ..pull::Config::default()
    };
    let consumer = stream.create_consumer(config).await?;
    let mut messages = Vec::with_capacity(count.min(10_000));
    while messages.len() < count {
        let want = (count - messages.len()).min(500);
        let mut page = consumer
            .fetch()
            .max_messages(want)
            .expires(Duration::from_secs(2))
            .messages()
            .await?;
        let before = messages.len();
        while let Some(message) = page.next().await {
            messages.push(message.map_err(|error| anyhow::anyhow!(error))?);
        }
        if messages.len() == before {
            break;
        }
    }
    Ok(messages)
}
