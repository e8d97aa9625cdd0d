//! Texts of `POST /v1/messages` in a stream while the process is killed again and again.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::desk;
use super::world::{SENDER, World, people, sum, wait_for};

const TEXTS: usize = 500;
const KILLS: usize = 10;
/// Callers, each with one request under way.
const CALLERS: usize = 8;
/// Requests for permits towards one carrier, of one text each: what a kill may leave unknown.
const IN_FLIGHT: usize = 24;

/// What the callers share with whoever kills.
struct Stream {
    address: Mutex<SocketAddr>,
    key: String,
    people: Vec<String>,
    next: AtomicUsize,
    accepted: Mutex<BTreeMap<usize, String>>,
}

impl Stream {
    /// One try at a text. Every second one has its key in the header.
    async fn try_once(&self, number: usize) -> Option<(u16, Value)> {
        let address = *self.address.lock().unwrap();
        let mut body = json!({ "to": { "phone": self.people[number] }, "class": "transactional", "sender": SENDER,
                               "text": format!("Order {number} is on its way.") });
        let name = format!("order-{number}");
        let header = if number.is_multiple_of(2) {
            format!("Idempotency-Key: {name}\r\n")
        } else {
            body["dedup_key"] = json!(name);
            String::new()
        };
        let body = body.to_string();
        let head = format!(
            "POST /v1/messages HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n{header}\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            self.key,
            body.len()
        );
        let mut stream = TcpStream::connect(address).await.ok()?;
        stream.write_all(head.as_bytes()).await.ok()?;
        stream.write_all(body.as_bytes()).await.ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.ok()?;
        let answer = String::from_utf8(answer).ok()?;
        let status = answer.split(' ').nth(1)?.parse().ok()?;
        let (_, body) = answer.split_once("\r\n\r\n")?;
        Some((status, serde_json::from_str(body).ok()?))
    }

    /// Takes texts until there are no more, each until it is accepted.
    async fn call(&self) {
        loop {
            let number = self.next.fetch_add(1, Ordering::AcqRel);
            if number >= TEXTS {
                return;
            }
            let begun = Instant::now();
            let id = loop {
                match self.try_once(number).await {
                    Some((200 | 202, sent)) => break sent["id"].as_str().unwrap().to_string(),
                    Some((status, problem)) if status < 500 => panic!("{status} {problem}"),
                    _ => tokio::time::sleep(Duration::from_millis(20)).await,
                }
                assert!(
                    begun.elapsed() < Duration::from_secs(60),
                    "{number} is not accepted"
                );
            };
            self.accepted.lock().unwrap().insert(number, id);
        }
    }
}

/// All texts of the API as it lists them, state by id.
async fn listed(world: &World) -> Option<BTreeMap<String, String>> {
    let (client, mut states, mut cursor) = (world.client(), BTreeMap::new(), String::new());
    loop {
        let path = format!("/v1/messages?limit=200{cursor}");
        let page = client.get(&path).await.ok()?;
        for row in page["data"].as_array()? {
            let text = |field: &str| row[field].as_str().map(str::to_string);
            states.insert(text("id")?, text("state")?);
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Some(states),
        }
    }
}

/// How often the carrier took a text for each number.
fn taken(log: &str) -> BTreeMap<String, usize> {
    let mut taken = BTreeMap::new();
    for line in log.lines() {
        let entry: Value = serde_json::from_str(line).unwrap_or_default();
        if entry["e"] == "submit" {
            let to = entry["to"].as_str().unwrap().to_string();
            *taken.entry(to).or_default() += 1;
        }
    }
    taken
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_the_api_leave_once_or_are_unknown_however_often_the_process_is_killed() {
    let mut world = World::start(&[]);
    let people = people(TEXTS);
    desk::import(&world.client(), desk::csv(&people, "Ana")).await;
    desk::opt_in(&world.client(), &people).await;
    let stream = Arc::new(Stream {
        address: Mutex::new(world.address()),
        key: world.key().to_string(),
        people,
        next: AtomicUsize::new(0),
        accepted: Mutex::default(),
    });
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let stream = stream.clone();
            tokio::spawn(async move { stream.call().await })
        })
        .collect();
    let accepted = || stream.accepted.lock().unwrap().len();
    for kill in 1..=KILLS {
        let some = kill * TEXTS / (KILLS + 2);
        wait_for("some more texts", Duration::from_secs(60), async || {
            (accepted() >= some).then_some(())
        })
        .await;
        world.kill();
        world.boot();
        *stream.address.lock().unwrap() = world.address();
    }
    for caller in callers {
        caller.await.unwrap();
    }
    let states = wait_for("every outcome", Duration::from_secs(60), async || {
        let states = listed(&world).await?;
        let settled = |state: &String| state != "accepted" && state != "held";
        let settled = states.values().all(settled);
        settled.then_some(states)
    })
    .await;
    let ids = stream.accepted.lock().unwrap().clone();
    assert_eq!((ids.len(), states.len()), (TEXTS, TEXTS), "one text a key");
    let count = |wanted: &str| states.values().filter(|state| *state == wanted).count();
    let (handed_over, unknown) = (count("handed_over"), count("unknown"));
    assert_eq!(handed_over + unknown, TEXTS, "{states:?}");
    assert!(unknown <= KILLS * IN_FLIGHT, "{unknown} unknown");

    // The analysts have it from events, and come to the same sums.
    let analytics = wait_for("the same sums", Duration::from_secs(30), async || {
        let hours = world.client().get("/v1/analytics/hourly").await.ok()?;
        let rows = hours["data"].as_array()?;
        let sum_of = |outcomes: &[&str]| -> u64 {
            let of = |row: &&Value| outcomes.contains(&row["outcome"].as_str().unwrap_or_default());
            rows.iter()
                .filter(of)
                .map(|row| sum(&row["messages"]))
                .sum()
        };
        let left = sum_of(&["handed_over", "delivered", "undelivered"]);
        let sums = (left, sum_of(&["unknown"]));
        (sums == (handed_over as u64, unknown as u64)).then_some(sums)
    })
    .await;
    world.assert_unharmed();
    let people = stream.people.clone();
    let (code, _) = world.terminate();
    assert_eq!(code, 0, "{}", world.log());
    world.tell_carrier("stats");
    let log = world.carrier_log();
    let verdict = world.verdict();
    println!(
        "{KILLS} kills: {handed_over} handed over, {unknown} unknown, {analytics:?} {verdict:?}"
    );
    assert_eq!(verdict.texts_twice, 0, "{verdict:?}");
    let taken = taken(&log);
    for (number, id) in ids {
        let times = taken.get(&people[number]).copied().unwrap_or(0);
        let (least, most) = match states[&id].as_str() {
            "handed_over" => (1, 1),
            _ => (0, 1),
        };
        assert!(
            (least..=most).contains(&times),
            "{number}: {times} times, {}",
            states[&id]
        );
    }
}
