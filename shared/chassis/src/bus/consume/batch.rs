//! Whatever is waiting, together: one handler call, one commit, all acknowledged.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::{AckKind, Message};
use contract::{Envelope, Payload};
use futures::StreamExt;
use tracing::Instrument;

use super::{ack, settle_failure, source};
use crate::bus::{Bus, Failure, wire};
use crate::lifecycle::Lifecycle;
use crate::trace;

pub(in crate::bus) async fn start<P, A, F, Fut>(
    bus: &Bus,
    lifecycle: &Lifecycle,
    durable: &'static str,
    max: usize,
    app: Arc<A>,
    handler: F,
) -> anyhow::Result<()>
where
    P: Payload,
    A: Send + Sync + 'static,
    F: Fn(Arc<A>, Vec<Envelope<P>>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Failure>> + Send,
{
    let pending = max * 2;
    source::durable::<P>(bus, durable, pending).await?;
    let (bus, stopping) = (bus.clone(), lifecycle.stopping());
    let mut connections = bus.inner.connections.clone();
    lifecycle.spawn_work(durable, async move {
        while let Some(deliveries) = source::open::<P>(&bus, durable, pending, &stopping).await {
            connections.mark_unchanged();
            let mut deliveries = deliveries.ready_chunks(max);
            loop {
                let next = tokio::select! {
                    next = deliveries.next() => next,
                    _ = connections.changed() => None,
                    () = stopping.cancelled() => return Ok(()),
                };
                let Some(next) = next else { break };
                let broken = next.iter().any(Result::is_err);
                let messages: Vec<Message> = next.into_iter().flatten().collect();
                handle(&bus, durable, app.clone(), &handler, messages).await;
                if broken {
                    break;
                }
            }
        }
        Ok(())
    });
    Ok(())
}

async fn handle<P, A, F, Fut>(
    bus: &Bus,
    durable: &'static str,
    app: Arc<A>,
    handler: &F,
    messages: Vec<Message>,
) where
    P: Payload,
    F: Fn(Arc<A>, Vec<Envelope<P>>) -> Fut,
    Fut: Future<Output = Result<(), Failure>>,
{
    let (mut envelopes, mut readable) = (
        Vec::with_capacity(messages.len()),
        Vec::with_capacity(messages.len()),
    );
    for message in messages {
        match wire::from_parts::<P>(message.headers.as_ref(), &message.payload) {
            Ok(envelope) => {
                envelopes.push(envelope);
                readable.push(message);
            }
            Err(error) => {
                let failure = Failure::Reject {
                    code: "unreadable",
                    detail: format!("{error:#}"),
                };
                settle_failure(bus, durable, &message, failure).await;
            }
        }
    }
    if envelopes.is_empty() {
        return;
    }
    let parent = envelopes[0].trace.clone();
    let span = tracing::debug_span!("consume", durable, count = envelopes.len());
    let work = trace::scope(parent.as_deref(), handler(app, envelopes)).instrument(span);
    tokio::pin!(work);
    let beat =
        Duration::from_millis(bus.inner.settings.ack_wait_ms / 3).max(Duration::from_millis(50));
    let outcome = loop {
        tokio::select! {
            outcome = &mut work => break outcome,
            () = tokio::time::sleep(beat) => {
                for message in &readable {
                    let _late = message.ack_with(AckKind::Progress).await;
                }
            }
        }
    };
    match outcome {
        Ok(()) => {
            for message in &readable {
                ack(durable, message).await;
            }
        }
        Err(failure) => fail_all(bus, durable, &readable, failure).await,
    }
}

/// The failure of a batch is the failure of each; one that fails alone later becomes the dead letter.
async fn fail_all(bus: &Bus, durable: &str, messages: &[Message], failure: Failure) {
    let detail = match &failure {
        Failure::Retry(error) => format!("{error:#}"),
        Failure::Reject { detail, .. } => detail.clone(),
    };
    for message in messages {
        let same = match &failure {
            Failure::Retry(_) => Failure::Retry(anyhow::anyhow!("{detail}")),
            Failure::Reject { code, .. } => Failure::Reject {
                code,
                detail: detail.clone(),
            },
        };
        settle_failure(bus, durable, message, same).await;
    }
}
