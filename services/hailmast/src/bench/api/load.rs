//! Requests on a clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chassis::http::client::Client;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use crate::bench::stop::{daytime_zone, import_people};
use crate::demo::SENDER;

/// People who are texted in turn.
const PEOPLE: u32 = 1000;

/// One request and its answer. Times are Unix microseconds.
#[derive(Debug, Clone)]
pub struct Request {
    /// What tells its text from the others at the carrier.
    pub number: u32,
    pub sent_at: u64,
    pub answered_at: u64,
    pub state: String,
}

fn phone(number: u32) -> String {
    format!("+1500555{:04}", 1000 + number % PEOPLE)
}

/// The words of a text; the number leads them.
pub fn words(number: u32) -> String {
    format!("{number} is your order. It is on its way and will reach you between 9 and 11.")
}

/// People where it is day, opted in.
pub async fn people(client: &Client) -> anyhow::Result<()> {
    let people: Vec<String> = (0..PEOPLE).map(phone).collect();
    import_people(client, "bench", &people, &daytime_zone()).await?;
    Ok(())
}

/// Sends `texts` requests, numbered from `first`, at `rate` a second, whatever becomes of them.
pub async fn run(
    client: &Client,
    first: u32,
    texts: u32,
    rate: u32,
) -> anyhow::Result<Vec<Request>> {
    let mut ticks = tokio::time::interval_at(Instant::now(), Duration::from_secs(1) / rate.max(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut open = JoinSet::new();
    for number in first..first + texts {
        ticks.tick().await;
        let client = client.clone();
        open.spawn(async move { one(&client, number).await });
    }
    let mut requests = Vec::new();
    while let Some(done) = open.join_next().await {
        requests.push(done??);
    }
    Ok(requests)
}

async fn one(client: &Client, number: u32) -> anyhow::Result<Request> {
    let body = json!({
        "to": { "phone": phone(number) }, "class": "transactional", "sender": SENDER,
        "text": words(number), "dedup_key": format!("bench-{number}"),
    });
    let sent_at = micros();
    let answer = client.post("/v1/messages", &body).await?;
    Ok(Request {
        number,
        sent_at,
        answered_at: micros(),
        state: answer["state"].as_str().unwrap_or_default().to_string(),
    })
}

/// Unix microseconds, as the carrier's log counts them.
fn micros() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    })
}
