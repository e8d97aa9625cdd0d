//! Queries: core NATS request/reply, shared by a queue group named after the owner.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use async_nats::client::RequestErrorKind;
use async_nats::{HeaderMap, Message, Request};
use bytes::Bytes;
use contract::envelope::headers;
use contract::{Envelope, Query, TenantId, payload};
use futures::StreamExt;
use tokio::sync::Semaphore;
use tracing::Instrument;

use super::{AskError, Bus, wire};
use crate::lifecycle::Lifecycle;
use crate::trace;

/// Questions of one kind that a process works on at once.
const AT_ONCE: usize = 256;
/// For answers that come over the connection after the one that the question was asked over.
const AFTER_RECONNECT: Duration = Duration::from_millis(500);

pub(super) async fn ask<Q: Query>(
    bus: &Bus,
    tenant: TenantId,
    body: &Q,
    timeout: Duration,
) -> Result<Q::Answer, AskError> {
    let subject = payload::subject::<Q>(tenant);
    let (map, bytes) = wire::compose(bus, tenant, body)?;
    let request = Request::new()
        .headers(map)
        .payload(bytes)
        .timeout(Some(timeout));
    let answer = tokio::select! {
        answer = bus.inner.client.send_request(subject.clone(), request) => answer,
        () = lost(bus) => return Err(AskError::Timeout(subject)),
    };
    let answer = answer.map_err(|error| match error.kind() {
        RequestErrorKind::NoResponders => AskError::NobodyThere(subject.clone()),
        RequestErrorKind::TimedOut => AskError::Timeout(subject.clone()),
        _ => AskError::Other(anyhow::Error::new(error)),
    })?;
    if let Some(detail) = answer
        .headers
        .as_ref()
        .and_then(|map| map.get(headers::ERROR))
    {
        return Err(AskError::Refused {
            subject,
            detail: detail.to_string(),
        });
    }
    payload::decode(Q::FORMAT, &answer.payload)
        .with_context(|| format!("the answer to {subject} cannot be read"))
        .map_err(AskError::Other)
}

/// Resolves when an answer can be waited for in vain only: the question or the answer went down with a
/// connection. What was still to be written goes over the next one, so that gets its time.
pub(super) async fn lost(bus: &Bus) {
    let mut connections = bus.inner.connections.clone();
    connections.mark_unchanged();
    if connections.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(AFTER_RECONNECT).await;
}

pub(super) async fn answer<Q, A, F, Fut>(
    bus: &Bus,
    lifecycle: &Lifecycle,
    app: Arc<A>,
    handler: F,
) -> anyhow::Result<()>
where
    Q: Query,
    A: Send + Sync + 'static,
    F: Fn(Arc<A>, Envelope<Q>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = anyhow::Result<Q::Answer>> + Send,
{
    let subject = payload::subject_filter::<Q>();
    let mut questions = bus
        .inner
        .client
        .queue_subscribe(subject.clone(), Q::OWNER.as_str().to_string())
        .await
        .with_context(|| format!("cannot listen for {subject}"))?;
    // Known to the server before anyone is told that the service has started.
    bus.settle().await?;
    let (bus, closing, slots) = (
        bus.clone(),
        lifecycle.closing(),
        Arc::new(Semaphore::new(AT_ONCE)),
    );
    let tasks = lifecycle.clone();
    lifecycle.spawn_footing(Q::NAME, async move {
        loop {
            let question = tokio::select! {
                question = questions.next() => question,
                () = closing.cancelled() => return Ok(()),
            };
            let Some(question) = question else {
                return Ok(());
            };
            let slot = slots.clone().acquire_owned().await?;
            let (bus, app, handler) = (bus.clone(), app.clone(), handler.clone());
            tasks.spawn_footing(Q::NAME, async move {
                let _slot = slot;
                reply(&bus, app, &handler, question).await;
                Ok(())
            });
        }
    });
    Ok(())
}

/// Resolves once the server has dealt with everything sent so far on this connection. A flush would not do:
/// it only empties our own buffer. The server works through a connection's lines in order, and says at once
/// that nobody listens.
pub(super) async fn settle(client: &async_nats::Client) -> anyhow::Result<()> {
    match client.request("hm.nobody", Bytes::new()).await {
        Err(error) if error.kind() == RequestErrorKind::NoResponders => Ok(()),
        Err(error) => Err(error).context("NATS does not answer"),
        Ok(_) => Ok(()),
    }
}

async fn reply<Q, A, F, Fut>(bus: &Bus, app: Arc<A>, handler: &F, question: Message)
where
    Q: Query,
    F: Fn(Arc<A>, Envelope<Q>) -> Fut,
    Fut: Future<Output = anyhow::Result<Q::Answer>>,
{
    let Some(inbox) = question.reply.clone() else {
        return;
    };
    let outcome = match wire::from_parts::<Q>(question.headers.as_ref(), &question.payload) {
        Err(error) => Err(error.context("the question cannot be read")),
        Ok(envelope) => {
            let parent = envelope.trace.clone();
            let span = tracing::debug_span!("query", name = Q::NAME);
            trace::scope(parent.as_deref(), handler(app, envelope))
                .instrument(span)
                .await
        }
    };
    let encoded = outcome.and_then(|answer| Ok(payload::encode(Q::FORMAT, &answer)?));
    let sent = match encoded {
        Ok(bytes) => bus.inner.client.publish(inbox, bytes.into()).await,
        Err(error) => {
            tracing::warn!(
                query = Q::NAME,
                error = format!("{error:#}"),
                "a query failed"
            );
            let mut map = HeaderMap::new();
            map.insert(headers::ERROR, one_line(&format!("{error:#}")).as_str());
            bus.inner
                .client
                .publish_with_headers(inbox, map, Bytes::new())
                .await
        }
    };
    if let Err(error) = sent {
        tracing::debug!(%error, "an answer could not be sent");
    }
}

/// Header values hold no line breaks.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(500)
        .collect()
}
