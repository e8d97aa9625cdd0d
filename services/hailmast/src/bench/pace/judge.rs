//! When segments reached the carrier, out of its own log.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use crate::bench::stop::micros;

const SECOND_US: u64 = 1_000_000;

/// A stretch of time that is measured; Unix microseconds.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    from: u64,
    to: u64,
}

impl Stretch {
    /// Waits for it to pass, a warm-up before it.
    pub async fn after(warm_up: Duration, lasts: Duration) -> Self {
        tokio::time::sleep(warm_up).await;
        let from = micros();
        tokio::time::sleep(lasts).await;
        let lasts = u64::try_from(lasts.as_micros()).unwrap_or(u64::MAX);
        Self {
            from,
            to: from.saturating_add(lasts),
        }
    }
}

/// What the log says of a submit: every part of a long text is one.
#[derive(Deserialize)]
struct Line<'l> {
    t: u64,
    e: &'l str,
    #[serde(borrow, default)]
    from: std::borrow::Cow<'l, str>,
}

/// Unix microseconds at which segments arrived, by sender, in ascending order.
#[derive(Debug, Default)]
pub struct Arrivals {
    by_sender: HashMap<String, Vec<u64>>,
}

impl Arrivals {
    pub fn read(log: &Path) -> anyhow::Result<Self> {
        Self::of_lines(BufReader::new(std::fs::File::open(log)?))
    }

    fn of_lines(lines: impl BufRead) -> anyhow::Result<Self> {
        let mut by_sender: HashMap<String, Vec<u64>> = HashMap::new();
        for line in lines.lines() {
            let line = line?;
            let Line { t, e, from } = serde_json::from_str(&line)?;
            // Thrown back or not, it was sent.
            if matches!(e, "submit" | "reject") {
                let sender = from.trim_start_matches('+').to_string();
                by_sender.entry(sender).or_default().push(t);
            }
        }
        for arrivals in by_sender.values_mut() {
            arrivals.sort_unstable();
        }
        Ok(Self { by_sender })
    }

    /// Those of one sender within a stretch.
    pub fn of(&self, sender: &str, stretch: Stretch) -> &[u64] {
        let sender = sender.trim_start_matches('+');
        let all = self.by_sender.get(sender).map_or(&[][..], Vec::as_slice);
        let from = all.partition_point(|t| *t < stretch.from);
        let to = all.partition_point(|t| *t < stretch.to);
        &all[from..to]
    }
}

/// The most that arrived in any second.
pub fn most_in_a_second(arrivals: &[u64]) -> usize {
    let (mut first, mut most) = (0, 0);
    for (at, t) in arrivals.iter().enumerate() {
        while arrivals[first] + SECOND_US <= *t {
            first += 1;
        }
        most = most.max(at + 1 - first);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_second_counts_and_not_only_whole_ones() {
        assert_eq!(most_in_a_second(&[]), 0);
        assert_eq!(most_in_a_second(&[0, 999_999, 1_000_000, 1_999_999]), 2);
        assert_eq!(most_in_a_second(&[0, 600_000, 700_000, 1_500_000]), 3);
    }

    #[test]
    fn segments_are_counted_by_sender_within_the_stretch() {
        let log = r#"{"t":5,"e":"submit","id":"1","from":"+1","to":"2","text":"x"}
{"t":3,"e":"submit","id":"2","from":"1","part":1,"parts":2}
{"t":4,"e":"receipt","id":"2","state":"DELIVRD"}
{"t":9,"e":"reject","from":"1"}
{"t":6,"e":"submit","from":"7"}
"#;
        let seen = Arrivals::of_lines(log.as_bytes()).unwrap();
        assert_eq!(seen.of("+1", Stretch { from: 3, to: 9 }), [3, 5]);
        assert_eq!(seen.of("+1", Stretch { from: 4, to: 10 }), [5, 9]);
        assert_eq!(seen.of("+8", Stretch { from: 0, to: 10 }), [0_u64; 0]);
    }
}
