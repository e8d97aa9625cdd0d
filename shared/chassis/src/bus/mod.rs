//! The bus: events and commands over JetStream, queries over core NATS.
//!
//! The database is the truth, JetStream the transport. State changes say their events through the outbox
//! ([`outbox`], [`relay`]); stateless stages publish directly and acknowledge after the PubAck. Consumers
//! ([`consume`]) acknowledge after their handler's commit and recognise repetitions by the inbox. What keeps
//! failing becomes a dead letter ([`dead_letter`]). Streams are created and widened here, never deleted.

mod connect;
mod consume;
pub mod dead_letter;
mod failure;
mod inbox;
mod outbox;
mod query;
mod refill;
mod relay;
mod streams;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use contract::{EventId, Payload, Query, TenantId};
use tokio::sync::watch;

pub use connect::{Connection, connect};
pub use failure::{AskError, Failure};
pub use streams::ensure as ensure_streams;

use crate::clock::Clock;
use crate::config::BusSettings;
use crate::db::{Db, Tx};
use crate::lifecycle::Lifecycle;

/// A connection of one service. Clones share it.
#[derive(Clone)]
pub struct Bus {
    inner: Arc<Inner>,
}

struct Inner {
    service: &'static str,
    client: async_nats::Client,
    jetstream: async_nats::jetstream::Context,
    db: Db,
    clock: Clock,
    settings: BusSettings,
    /// Counts (re)connections, so that consumers start afresh after each.
    connections: watch::Receiver<u64>,
}

impl Bus {
    /// Takes over a connection made by [`connect`].
    pub(crate) fn new(
        service: &'static str,
        connection: Connection,
        db: Db,
        clock: Clock,
        settings: BusSettings,
    ) -> Self {
        let (client, connections) = connection;
        let mut jetstream = async_nats::jetstream::new(client.clone());
        jetstream.set_timeout(Duration::from_secs(10));
        let inner = Inner {
            service,
            client,
            jetstream,
            db,
            clock,
            settings,
            connections,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The same service over another connection.
    pub(crate) fn over(&self, connection: Connection) -> Self {
        let Inner {
            service,
            db,
            clock,
            settings,
            ..
        } = &*self.inner;
        Self::new(
            service,
            connection,
            db.clone(),
            clock.clone(),
            settings.clone(),
        )
    }

    /// Publishes what is said through the outbox, until `lifecycle` closes.
    pub(crate) fn relay(&self, lifecycle: &Lifecycle) {
        let (relay, closing) = (self.clone(), lifecycle.closing());
        lifecycle.spawn_footing(
            "outbox relay",
            async move { relay::run(&relay, closing).await },
        );
    }

    /// Says an event or command in the caller's transaction: it reaches the bus if, and only if, the
    /// transaction commits.
    pub async fn say<P: Payload>(
        &self,
        tx: &Tx,
        tenant: TenantId,
        body: &P,
    ) -> anyhow::Result<EventId> {
        outbox::add(self, tx, tenant, body).await
    }

    /// Publishes at once what was said and is committed, for what cannot wait for its turn in the outbox.
    /// JetStream recognises the second of the two by the id; if this fails, the outbox does it. Nobody waits.
    pub fn hurry<P: Payload>(&self, tenant: TenantId, id: EventId, body: P) {
        let bus = self.clone();
        tokio::spawn(async move {
            let published = tokio::select! {
                published = wire::publish_as(&bus, tenant, id, &body) => published,
                () = query::lost(&bus) => Err(anyhow::anyhow!("the connection to NATS was lost")),
            };
            if let Err(error) = published {
                tracing::debug!(error = format!("{error:#}"), "left to the outbox");
            }
        });
    }

    /// Publishes without the outbox; resolves once JetStream has it on disk. For stateless stages whose
    /// input is acknowledged only afterwards.
    pub async fn publish<P: Payload>(&self, tenant: TenantId, body: &P) -> anyhow::Result<()> {
        wire::publish(self, tenant, body).await
    }

    /// Asks a query and waits up to five seconds.
    pub async fn ask<Q: Query>(&self, tenant: TenantId, body: &Q) -> Result<Q::Answer, AskError> {
        self.ask_within(tenant, body, Duration::from_secs(5)).await
    }

    pub async fn ask_within<Q: Query>(
        &self,
        tenant: TenantId,
        body: &Q,
        timeout: Duration,
    ) -> Result<Q::Answer, AskError> {
        query::ask(self, tenant, body, timeout).await
    }

    /// Which of these envelopes has `durable` not handled yet? Marks them as handled, in the transaction of
    /// the effect.
    pub async fn first_time(
        &self,
        tx: &Tx,
        durable: &str,
        ids: &[EventId],
    ) -> anyhow::Result<Vec<bool>> {
        inbox::first_time(self, tx, durable, ids).await
    }

    /// Resolves once the server knows of every subscription made so far on this connection.
    pub async fn settle(&self) -> anyhow::Result<()> {
        query::settle(&self.inner.client).await
    }

    pub fn client(&self) -> &async_nats::Client {
        &self.inner.client
    }

    pub fn jetstream(&self) -> &async_nats::jetstream::Context {
        &self.inner.jetstream
    }

    pub(crate) async fn consume<P, A, F, Fut>(
        &self,
        lifecycle: &Lifecycle,
        durable: &'static str,
        concurrency: usize,
        app: Arc<A>,
        handler: F,
    ) -> anyhow::Result<()>
    where
        P: Payload,
        A: Send + Sync + 'static,
        F: Fn(Arc<A>, contract::Envelope<P>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Failure>> + Send,
    {
        consume::each::start(self, lifecycle, durable, concurrency, app, handler).await
    }

    pub(crate) async fn consume_batch<P, A, F, Fut>(
        &self,
        lifecycle: &Lifecycle,
        durable: &'static str,
        gather: (usize, Duration),
        app: Arc<A>,
        handler: F,
    ) -> anyhow::Result<()>
    where
        P: Payload,
        A: Send + Sync + 'static,
        F: Fn(Arc<A>, Vec<contract::Envelope<P>>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Failure>> + Send,
    {
        consume::batch::start(self, lifecycle, durable, gather, app, handler).await
    }

    pub(crate) async fn answer<Q, A, F, Fut>(
        &self,
        lifecycle: &Lifecycle,
        app: Arc<A>,
        handler: F,
    ) -> anyhow::Result<()>
    where
        Q: Query,
        A: Send + Sync + 'static,
        F: Fn(Arc<A>, contract::Envelope<Q>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = anyhow::Result<Q::Answer>> + Send,
    {
        query::answer(self, lifecycle, app, handler).await
    }
}
