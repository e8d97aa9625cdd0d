//! Counting and waiting.

use std::time::{Duration, Instant};

use serde_json::Value;

pub async fn wait_for<T>(
    what: &str,
    within: Duration,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let deadline = Instant::now() + within;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A count that is a number, or numbers by reason.
pub fn sum(value: &Value) -> u64 {
    match value {
        Value::Object(map) => map.values().map(sum).sum(),
        other => other.as_u64().unwrap_or(0),
    }
}

/// G5: every recipient stands in exactly one state.
pub fn assert_sums(progress: &Value) {
    let states = [
        "suppressed",
        "cancelled",
        "expired",
        "failed",
        "unknown",
        "handed_over",
        "pending",
        "held",
    ];
    let total: u64 = states.iter().map(|state| sum(&progress[*state])).sum();
    assert_eq!(
        total,
        progress["recipients"].as_u64().unwrap(),
        "{progress}"
    );
}
