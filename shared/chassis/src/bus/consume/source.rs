//! The stream of deliveries of one durable, made anew whenever it breaks.

use std::time::Duration;

use anyhow::Context as _;
use async_nats::jetstream::consumer::pull::{Config, Stream};
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, PullConsumer};
use contract::{Payload, payload, streams};
use tokio_util::sync::CancellationToken;

use crate::bus::{Bus, streams::ensure};

/// Creates (or finds) the durable for `P`, and its stream if that is gone.
pub(super) async fn durable<P: Payload>(
    bus: &Bus,
    name: &str,
    pending: usize,
) -> anyhow::Result<PullConsumer> {
    let js = &bus.inner.jetstream;
    let stream_name = streams::name(P::KIND, P::OWNER);
    let stream = match js.get_stream(&stream_name).await {
        Ok(stream) => stream,
        Err(_) => {
            ensure(js, bus.inner.settings.replicas).await?;
            js.get_stream(&stream_name)
                .await
                .with_context(|| format!("no stream {stream_name}"))?
        }
    };
    let config = Config {
        durable_name: Some(name.to_string()),
        filter_subject: payload::subject_filter::<P>(),
        ack_policy: AckPolicy::Explicit,
        ack_wait: Duration::from_millis(bus.inner.settings.ack_wait_ms),
        deliver_policy: DeliverPolicy::All,
        max_ack_pending: i64::try_from(pending)?,
        ..Config::default()
    };
    // `create_consumer` also updates the settings of an existing durable.
    stream
        .create_consumer(config)
        .await
        .with_context(|| format!("cannot set up the consumer {name}"))
}

/// Opens the durable's deliveries, trying until it works; `None` once `stopping`.
pub(super) async fn open<P: Payload>(
    bus: &Bus,
    name: &str,
    pending: usize,
    stopping: &CancellationToken,
) -> Option<Stream> {
    loop {
        let opened = async {
            let consumer = durable::<P>(bus, name, pending).await?;
            let deliveries = consumer
                .stream()
                .max_messages_per_batch(pending)
                .expires(Duration::from_secs(20))
                .heartbeat(Duration::from_secs(5))
                .messages()
                .await?;
            anyhow::Ok(deliveries)
        };
        let outcome = tokio::select! {
            biased;
            () = stopping.cancelled() => return None,
            outcome = opened => outcome,
        };
        match outcome {
            Ok(stream) => return Some(stream),
            Err(error) => {
                tracing::debug!(
                    durable = name,
                    error = format!("{error:#}"),
                    "the consumer cannot be opened yet"
                );
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_millis(250)) => {}
                    () = stopping.cancelled() => return None,
                }
            }
        }
    }
}
