//! Durable pull consumers that survive restarts of the server, lost connections and lost streams.

pub(super) mod batch;
pub(super) mod each;
mod source;

use std::time::Duration;

use async_nats::jetstream::{AckKind, Message};

use super::{Bus, Failure, dead_letter};

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
