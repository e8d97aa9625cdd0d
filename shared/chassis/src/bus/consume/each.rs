//! One payload at a time, several at once.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::{AckKind, Message};
use contract::{Envelope, Payload};
use futures::StreamExt;
use tokio::sync::Semaphore;
use tracing::Instrument;

use super::{ack, settle_failure, source};
use crate::bus::{Bus, Failure, wire};
use crate::lifecycle::Lifecycle;
use crate::trace;

pub(in crate::bus) async fn start<P, A, F, Fut>(
    bus: &Bus,
    lifecycle: &Lifecycle,
    durable: &'static str,
    concurrency: usize,
    app: Arc<A>,
    handler: F,
) -> anyhow::Result<()>
where
    P: Payload,
    A: Send + Sync + 'static,
    F: Fn(Arc<A>, Envelope<P>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Failure>> + Send,
{
    let pending = concurrency * 2;
    source::durable::<P>(bus, durable, pending).await?;
    let (bus, tasks, stopping) = (bus.clone(), lifecycle.clone(), lifecycle.stopping());
    let slots = Arc::new(Semaphore::new(concurrency));
    let mut connections = bus.inner.connections.clone();
    lifecycle.spawn_work(durable, async move {
        while let Some(mut deliveries) = source::open::<P>(&bus, durable, pending, &stopping).await
        {
            connections.mark_unchanged();
            loop {
                let slot = tokio::select! {
                    slot = slots.clone().acquire_owned() => slot?,
                    () = stopping.cancelled() => return Ok(()),
                };
                let next = tokio::select! {
                    next = deliveries.next() => next,
                    _ = connections.changed() => None,
                    () = stopping.cancelled() => return Ok(()),
                };
                let Some(Ok(message)) = next else { break };
                let (bus, app, handler) = (bus.clone(), app.clone(), handler.clone());
                tasks.spawn_work(durable, async move {
                    let _slot = slot;
                    handle(&bus, durable, app, &handler, &message).await;
                    Ok(())
                });
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
    message: &Message,
) where
    P: Payload,
    F: Fn(Arc<A>, Envelope<P>) -> Fut,
    Fut: Future<Output = Result<(), Failure>>,
{
    let envelope = match wire::from_parts::<P>(message.headers.as_ref(), &message.payload) {
        Ok(envelope) => envelope,
        Err(error) => {
            let detail = format!("{error:#}");
            return settle_failure(
                bus,
                durable,
                message,
                Failure::Reject {
                    code: "unreadable",
                    detail,
                },
            )
            .await;
        }
    };
    let parent = envelope.trace.clone();
    let span = tracing::debug_span!("consume", durable, id = %envelope.id);
    let work = trace::scope(parent.as_deref(), handler(app, envelope)).instrument(span);
    tokio::pin!(work);
    // A handler that takes long tells the server so, or the payload would be delivered a second time.
    let beat =
        Duration::from_millis(bus.inner.settings.ack_wait_ms / 3).max(Duration::from_millis(50));
    let outcome = loop {
        tokio::select! {
            outcome = &mut work => break outcome,
            () = tokio::time::sleep(beat) => {
                let _late = message.ack_with(AckKind::Progress).await;
            }
        }
    };
    match outcome {
        Ok(()) => ack(durable, message).await,
        Err(failure) => settle_failure(bus, durable, message, failure).await,
    }
}
