//! What the requests and the carrier's log come to.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;

use channels::simulator::Spread;
use serde::Serialize;
use serde_json::Value;

use super::load::Request;
use crate::table;

/// The 99th percentile wanted from a request to the carrier's wire, in microseconds.
const WANTED_P99_US: u64 = 50_000;

#[derive(Debug, Serialize)]
pub struct Report {
    pub rate: u32,
    pub requests: usize,
    /// From the request's first byte to the submit at the carrier.
    pub hand_over: Spread,
    /// From the request's first byte to its whole answer.
    pub answer: Spread,
    /// Answers that already told the hand-over.
    pub told_at_once: usize,
    pub never_submitted: usize,
    pub submitted_twice: usize,
    pub wanted_p99_us: u64,
    pub reached: bool,
}

/// When each text reached the carrier, by the number that leads it: Unix microseconds.
pub fn submits(log: &Path) -> anyhow::Result<HashMap<u32, Vec<u64>>> {
    let mut found: HashMap<u32, Vec<u64>> = HashMap::new();
    for line in BufReader::new(std::fs::File::open(log)?).lines() {
        let entry: Value = serde_json::from_str(&line?)?;
        let text = entry["text"].as_str().unwrap_or_default();
        let number = text.split(' ').next().and_then(|first| first.parse().ok());
        if let (Some("submit"), Some(number), Some(t)) =
            (entry["e"].as_str(), number, entry["t"].as_u64())
        {
            found.entry(number).or_default().push(t);
        }
    }
    Ok(found)
}

impl Report {
    pub fn new(rate: u32, requests: &[Request], submits: &HashMap<u32, Vec<u64>>) -> Self {
        let times = |number| submits.get(&number).map_or(&[][..], Vec::as_slice);
        let first = |request: &Request| times(request.number).iter().min().copied();
        let hand_over = requests
            .iter()
            .filter_map(|request| Some(first(request)?.saturating_sub(request.sent_at)));
        let answer = requests
            .iter()
            .map(|request| request.answered_at.saturating_sub(request.sent_at));
        let (hand_over, answer) = (
            Spread::of(hand_over.collect()),
            Spread::of(answer.collect()),
        );
        let count = |is: &dyn Fn(&Request) -> bool| requests.iter().filter(|one| is(one)).count();
        let never_submitted = count(&|one| times(one.number).is_empty());
        let submitted_twice = count(&|one| times(one.number).len() > 1);
        Self {
            rate,
            requests: requests.len(),
            told_at_once: count(&|one| one.state == "handed_over"),
            reached: hand_over.p99_us < WANTED_P99_US
                && never_submitted == 0
                && submitted_twice == 0,
            hand_over,
            answer,
            never_submitted,
            submitted_twice,
            wanted_p99_us: WANTED_P99_US,
        }
    }

    pub fn print(&self) {
        #[expect(clippy::cast_precision_loss, reason = "minutes at most")]
        let ms = |us: u64| us as f64 / 1000.0;
        let spread = |spread: &Spread| {
            let (p50, p99, max) = (ms(spread.p50_us), ms(spread.p99_us), ms(spread.max_us));
            format!(
                "p50 {p50:.1}, p99 {p99:.1}, max {max:.1} ms of {}",
                spread.count
            )
        };
        let rows = [
            ("requests", format!("{} at {}/s", self.requests, self.rate)),
            (
                "request to carrier (wanted: p99 < 50 ms)",
                spread(&self.hand_over),
            ),
            ("request to answer", spread(&self.answer)),
            (
                "answers that told the hand-over",
                self.told_at_once.to_string(),
            ),
            (
                "texts that never came / came twice",
                format!("{} / {}", self.never_submitted, self.submitted_twice),
            ),
            (
                "reached",
                if self.reached { "yes" } else { "no" }.to_string(),
            ),
        ];
        let rows: Vec<(String, String)> =
            rows.map(|(name, value)| (name.to_string(), value)).into();
        table::print("bench api", &rows);
    }
}
