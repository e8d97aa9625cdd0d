//! What the benches of single channels share: threads whose CPU time can be told apart, and texts.

use std::time::{Duration, Instant};

use channels::{Provider, Submission, SubmitOutcome};
use contract::chunk::Encoding;
use contract::consent::Permit;
use contract::{DecisionId, MessageId, Phone};
use futures::StreamExt;
use futures::stream::FuturesUnordered;

/// Texts per call, as dispatch does it.
pub const BATCH: u64 = 64;
/// 140 characters in one segment.
pub const TEXT: &str = "Hi Ana, your order is on its way and will reach you on Tuesday between 9 and 11. \
    Questions? Call us any time. Reply STOP to opt out of these.";

/// A runtime of one thread with this name.
pub fn one_thread(name: &str) -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name(name)
        .enable_all()
        .build()?)
}

/// CPU seconds of this process's threads with this name, as the scheduler counts them.
pub fn cpu_seconds(name: &str) -> f64 {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else {
        return 0.0;
    };
    let of_thread = |task: std::path::PathBuf| {
        let comm = std::fs::read_to_string(task.join("comm")).ok()?;
        let stat = std::fs::read_to_string(task.join("schedstat")).ok()?;
        let nanos = || stat.split(' ').next()?.parse::<f64>().ok();
        (comm.trim() == name).then(nanos)?
    };
    let nanos = tasks.flatten().filter_map(|task| of_thread(task.path()));
    nanos.sum::<f64>() / 1e9
}

/// Sends `texts` in batches, `at_once` of them under way; how many were accepted.
pub async fn send_all(provider: &dyn Provider, texts: u64, at_once: usize) -> u64 {
    let (mut under_way, mut next, mut accepted) = (FuturesUnordered::new(), 0, 0);
    while next < texts || !under_way.is_empty() {
        while next < texts && under_way.len() < at_once {
            let end = (next + BATCH).min(texts);
            let batch = (next..end).filter_map(text).collect();
            next = end;
            under_way.push(provider.send(batch, Instant::now() + Duration::from_secs(60)));
        }
        let outcomes: Vec<SubmitOutcome> = under_way.next().await.unwrap_or_default();
        let is_accepted =
            |outcome: &&SubmitOutcome| matches!(outcome, SubmitOutcome::Accepted { .. });
        accepted += outcomes.iter().filter(is_accepted).count() as u64;
    }
    accepted
}

fn text(number: u64) -> Option<(Permit, Submission)> {
    let submission = Submission {
        to: Phone::from_digits(12_025_000_000 + number)?,
        from: "+15005550006".to_string(),
        encoding: Encoding::Gsm7,
        segments: 1,
        body: TEXT.to_string(),
        valid_for: None,
    };
    let message = MessageId::from_raw(u128::from(number));
    Some((
        Permit::issue(message, DecisionId::from_raw(1), 1),
        submission,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_fits_into_one_segment() {
        assert!(TEXT.is_ascii() && (135..=160).contains(&TEXT.len()));
    }
}
