//! Durable pull consumers that survive restarts of the server, lost connections and lost streams.

pub(super) mod batch;
pub(super) mod each;
mod source;

use std::future::Future;
use std::time::Duration;

use async_nats::jetstream::{AckKind, Message};
use tokio::time::{Interval, MissedTickBehavior};

use super::{Bus, Failure, dead_letter};

/// A third of the ack wait: how often the server hears that payloads are still being worked on, or wait their
/// turn here. Otherwise they would be delivered a second time.
fn beat(bus: &Bus) -> Interval {
    let every = Duration::from_millis(bus.inner.settings.ack_wait_ms / 3);
    let mut beat = tokio::time::interval(every.max(Duration::from_millis(50)));
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat.reset();
    beat
}

async fn still_here(messages: impl IntoIterator<Item = &Message>) {
    for message in messages {
        let _late = message.ack_with(AckKind::Progress).await;
    }
}

/// Runs `work` on `messages`, telling the server of it.
async fn beating<T>(bus: &Bus, messages: &[Message], work: impl Future<Output = T>) -> T {
    let mut beat = beat(bus);
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = beat.tick() => still_here(messages).await,
        }
    }
}

/// Leaves payloads nobody has begun to whoever runs next, without the ack wait. A moment later, when this
/// process no longer listens.
async fn give_back(messages: impl IntoIterator<Item = &Message>) {
    for message in messages {
        let soon = AckKind::Nak(Some(Duration::from_millis(500)));
        let _late = message.ack_with(soon).await;
    }
}

/// Deals with a payload whose handler failed.
async fn settle_failure(bus: &Bus, durable: &str, message: &Message, failure: Failure) {
    let tries = message.info().map_or(1, |info| info.delivered);
    let settled = match failure {
        Failure::Retry(error) if tries < bus.inner.settings.max_tries => {
            tracing::warn!(
                durable,
                tries,
                error = format!("{error:#}"),
                "will be tried again"
            );
            message
                .ack_with(AckKind::Nak(Some(backoff(tries))))
                .await
                .map_err(|error| anyhow::anyhow!(error))
        }
        Failure::Retry(error) => {
            dead_letter::bury(
                bus,
                durable,
                message,
                "too_many_tries",
                &format!("{error:#}"),
            )
            .await
        }
        Failure::Reject { code, detail } => {
            dead_letter::bury(bus, durable, message, code, &detail).await
        }
    };
    if let Err(error) = settled {
        // Unacknowledged, it comes again after the ack wait.
        tracing::warn!(
            durable,
            error = format!("{error:#}"),
            "a failed payload could not be settled"
        );
    }
}

/// 0.1 s, doubling, at most 30 s.
fn backoff(tries: i64) -> Duration {
    let doublings = u32::try_from(tries.clamp(1, 10) - 1).unwrap_or(0);
    Duration::from_millis(100 * 2_u64.pow(doublings)).min(Duration::from_secs(30))
}

async fn ack(durable: &str, message: &Message) {
    if let Err(error) = message.ack().await {
        tracing::debug!(durable, %error, "an acknowledgement was lost; the payload will come again");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_bounded() {
        assert_eq!(backoff(1), Duration::from_millis(100));
        assert_eq!(backoff(4), Duration::from_millis(800));
        assert_eq!(backoff(99), Duration::from_secs(30));
    }
}
