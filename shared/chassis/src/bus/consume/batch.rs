//! Whatever is waiting, together: one handler call, one commit, all acknowledged.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::Message;
use async_nats::jetstream::consumer::pull::Stream;
use contract::{Envelope, Payload};
use futures::{FutureExt, StreamExt};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{ack, beat, beating, give_back, settle_failure, source, still_here};
use crate::bus::{Bus, Failure, wire};
use crate::lifecycle::Lifecycle;
use crate::trace;

pub(in crate::bus) async fn start<P, A, F, Fut>(
    bus: &Bus,
    lifecycle: &Lifecycle,
    durable: &'static str,
    (max, linger): (usize, Duration),
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
    let batches = Batches {
        bus: bus.clone(),
        durable,
        stopping: lifecycle.stopping(),
        app,
        handler,
    };
    lifecycle.spawn_work(durable, async move {
        batches.run::<P, Fut>(max, linger).await;
        Ok(())
    });
    Ok(())
}

struct Batches<A, F> {
    bus: Bus,
    durable: &'static str,
    stopping: CancellationToken,
    app: Arc<A>,
    handler: F,
}

impl<A, F> Batches<A, F> {
    async fn run<P, Fut>(&self, max: usize, linger: Duration)
    where
        P: Payload,
        F: Fn(Arc<A>, Vec<Envelope<P>>) -> Fut,
        Fut: Future<Output = Result<(), Failure>>,
    {
        let (bus, stopping, pending) = (&self.bus, &self.stopping, max * 2);
        let mut connections = bus.inner.connections.clone();
        let (mut waiting, mut beat) = (Vec::new(), beat(bus));
        while let Some(mut deliveries) =
            source::open::<P>(bus, self.durable, pending, stopping).await
        {
            connections.mark_unchanged();
            let mut broken = false;
            while !broken && !stopping.is_cancelled() {
                if waiting.is_empty() {
                    let next = tokio::select! {
                        biased;
                        () = stopping.cancelled() => break,
                        _ = connections.changed() => break,
                        next = deliveries.next() => next,
                    };
                    let Some(Ok(first)) = next else { break };
                    waiting.push(first);
                    if !linger.is_zero() {
                        tokio::time::sleep(linger).await;
                    }
                }
                broken = take_waiting(&mut deliveries, &mut waiting, max);
                let batch = waiting.drain(..waiting.len().min(max)).collect();
                let work = self.handle::<P, Fut>(batch);
                tokio::pin!(work);
                // What arrives meanwhile is kept from being delivered a second time.
                loop {
                    tokio::select! {
                        biased;
                        () = &mut work => break,
                        next = deliveries.next(), if !broken => match next {
                            Some(Ok(message)) => waiting.push(message),
                            _ => broken = true,
                        },
                        _ = beat.tick() => still_here(&waiting).await,
                    }
                }
            }
        }
        give_back(&waiting).await;
    }

    async fn handle<P, Fut>(&self, messages: Vec<Message>)
    where
        P: Payload,
        F: Fn(Arc<A>, Vec<Envelope<P>>) -> Fut,
        Fut: Future<Output = Result<(), Failure>>,
    {
        let (mut envelopes, mut readable) = (Vec::new(), Vec::new());
        for message in messages {
            match read::<P>(&message) {
                Ok(envelope) => {
                    envelopes.push(envelope);
                    readable.push(message);
                }
                Err(failure) => settle_failure(&self.bus, self.durable, &message, failure).await,
            }
        }
        if envelopes.is_empty() {
            return;
        }
        match self.call(envelopes, &readable).await {
            Ok(()) => {
                for message in &readable {
                    ack(self.durable, message).await;
                }
            }
            Err(failure) => self.settle_batch::<P, Fut>(readable, failure).await,
        }
    }

    /// A batch that fails the first time is retried as it came: most likely the fault is not in it. From the
    /// second time on it is taken apart, so that one that keeps failing takes no other with it.
    async fn settle_batch<P, Fut>(&self, messages: Vec<Message>, failure: Failure)
    where
        P: Payload,
        F: Fn(Arc<A>, Vec<Envelope<P>>) -> Fut,
        Fut: Future<Output = Result<(), Failure>>,
    {
        let (bus, durable) = (&self.bus, self.durable);
        let fresh = |message: &Message| message.info().is_ok_and(|info| info.delivered == 1);
        if let [alone] = messages.as_slice() {
            return settle_failure(bus, durable, alone, failure).await;
        }
        if let (Failure::Retry(error), true) = (&failure, messages.iter().all(fresh)) {
            let detail = format!("{error:#}");
            for message in &messages {
                let same = Failure::Retry(anyhow::anyhow!("{detail}"));
                settle_failure(bus, durable, message, same).await;
            }
            return;
        }
        for (index, message) in messages.iter().enumerate() {
            let left = &messages[index..];
            if self.stopping.is_cancelled() {
                return give_back(left).await;
            }
            let outcome = match read::<P>(message) {
                Ok(envelope) => self.call(vec![envelope], left).await,
                Err(failure) => Err(failure),
            };
            match outcome {
                Ok(()) => ack(durable, message).await,
                Err(failure) => settle_failure(bus, durable, message, failure).await,
            }
        }
    }

    /// Calls the handler while `held` are kept from being delivered again.
    async fn call<P, Fut>(
        &self,
        envelopes: Vec<Envelope<P>>,
        held: &[Message],
    ) -> Result<(), Failure>
    where
        P: Payload,
        F: Fn(Arc<A>, Vec<Envelope<P>>) -> Fut,
        Fut: Future<Output = Result<(), Failure>>,
    {
        let parent = envelopes.first().and_then(|first| first.trace.clone());
        let (durable, count) = (self.durable, envelopes.len());
        let span = tracing::debug_span!("consume", durable, count);
        let handling = (self.handler)(self.app.clone(), envelopes);
        let work = trace::scope(parent.as_deref(), handling).instrument(span);
        beating(&self.bus, held, work).await
    }
}

fn read<P: Payload>(message: &Message) -> Result<Envelope<P>, Failure> {
    let read = wire::from_parts::<P>(message.headers.as_ref(), &message.payload);
    read.map_err(|error| Failure::Reject {
        code: "unreadable",
        detail: format!("{error:#}"),
    })
}

/// Takes what has arrived already; true if the deliveries broke off.
fn take_waiting(deliveries: &mut Stream, messages: &mut Vec<Message>, max: usize) -> bool {
    while messages.len() < max {
        match deliveries.next().now_or_never() {
            Some(Some(Ok(message))) => messages.push(message),
            Some(_) => return true,
            None => return false,
        }
    }
    false
}
