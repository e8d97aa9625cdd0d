//! One payload at a time, several at once.

use std::collections::VecDeque;
use std::sync::Arc;

use async_nats::jetstream::Message;
use contract::{Envelope, Payload};
use futures::StreamExt;
use tokio::sync::Semaphore;
use tracing::Instrument;

use super::{ack, beat, beating, give_back, settle_failure, source, still_here};
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
        let (mut waiting, mut beat) = (VecDeque::new(), beat(&bus));
        while let Some(mut deliveries) = source::open::<P>(&bus, durable, pending, &stopping).await
        {
            connections.mark_unchanged();
            loop {
                let slot = tokio::select! {
                    biased;
                    () = stopping.cancelled() => break,
                    slot = slots.clone().acquire_owned(), if !waiting.is_empty() => slot?,
                    _ = connections.changed() => break,
                    next = deliveries.next() => match next {
                        Some(Ok(message)) => {
                            waiting.push_back(message);
                            continue;
                        }
                        _ => break,
                    },
                    _ = beat.tick() => {
                        still_here(&waiting).await;
                        continue;
                    }
                };
                let Some(message) = waiting.pop_front() else {
                    continue;
                };
                let (bus, app, handler) = (bus.clone(), app.clone(), handler.clone());
                tasks.spawn_work(durable, async move {
                    let _slot = slot;
                    handle(&bus, durable, app, &handler, &message).await;
                    Ok(())
                });
            }
        }
        give_back(&waiting).await;
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
    match beating(bus, std::slice::from_ref(message), work).await {
        Ok(()) => ack(durable, message).await,
        Err(failure) => settle_failure(bus, durable, message, failure).await,
    }
}
