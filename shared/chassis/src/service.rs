//! A service, and what it is given when it starts.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use contract::{Envelope, Payload, Query};
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;

use crate::bus::{Bus, Failure};
use crate::clock::Clock;
use crate::config::Settings;
use crate::db::{Db, SqlMigration};
use crate::lifecycle::Lifecycle;

/// One service: a name, its tables, its settings and how it starts.
#[derive(Clone, Copy)]
pub struct Service {
    pub name: &'static str,
    pub migrations: &'static [SqlMigration],
    /// TOML with every key commented; becomes the section of the service's name.
    pub defaults: &'static str,
    /// Registers consumers, queries and tasks, and returns the service's part of the HTTP API.
    pub start: fn(Cx) -> BoxFuture<'static, anyhow::Result<OpenApiRouter>>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Service").field(&self.name).finish()
    }
}

/// What [`Cx::urgent`] puts in place of the service's own.
#[derive(Clone)]
pub(crate) struct Aside {
    /// With one reader of its own.
    pub db: Db,
    pub bus: Bus,
    pub lifecycle: Lifecycle,
}

/// A running service's surroundings.
#[derive(Clone)]
pub struct Cx {
    pub service: &'static str,
    pub db: Db,
    pub bus: Bus,
    pub clock: Clock,
    pub data_dir: PathBuf,
    pub(crate) settings: Settings,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) aside: Aside,
}

impl Cx {
    /// The service's own section.
    pub fn config<T: DeserializeOwned>(&self) -> anyhow::Result<T> {
        self.settings.section(self.service)
    }

    /// Runs a task for as long as the service runs. It must end once [`Cx::stopping`] is cancelled; an
    /// error or a panic ends the process.
    pub fn spawn(
        &self,
        name: &'static str,
        task: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        self.lifecycle.spawn_work(name, task);
    }

    /// The same surroundings with connections and a thread of their own, past the queues of the mass path:
    /// for what a person or the law waits for. Nothing that computes for long may run there.
    pub fn urgent(&self) -> Self {
        let Aside { db, bus, lifecycle } = self.aside.clone();
        Self {
            db,
            bus,
            lifecycle,
            ..self.clone()
        }
    }

    pub fn stopping(&self) -> CancellationToken {
        self.lifecycle.stopping()
    }

    /// Handles one payload at a time, `concurrency` of them at once, each acknowledged after its handler
    /// returned `Ok`. Handlers may run twice for the same envelope.
    pub async fn consume<P, A, F, Fut>(
        &self,
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
        self.bus
            .consume(&self.lifecycle, durable, concurrency, app, handler)
            .await
    }

    /// Handles whatever is waiting, at most `max` payloads, together; acknowledged together.
    pub async fn consume_batch<P, A, F, Fut>(
        &self,
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
        self.consume_gathered(durable, max, Duration::ZERO, app, handler)
            .await
    }

    /// The same, but waits for `linger` after the first payload, so that fewer and larger batches come of
    /// a trickle. For folds that nobody waits for.
    pub async fn consume_gathered<P, A, F, Fut>(
        &self,
        durable: &'static str,
        max: usize,
        linger: Duration,
        app: Arc<A>,
        handler: F,
    ) -> anyhow::Result<()>
    where
        P: Payload,
        A: Send + Sync + 'static,
        F: Fn(Arc<A>, Vec<Envelope<P>>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Failure>> + Send,
    {
        self.bus
            .consume_batch(&self.lifecycle, durable, (max, linger), app, handler)
            .await
    }

    /// Answers a query. Every process that runs the service shares the questions.
    pub async fn answer<Q, A, F, Fut>(&self, app: Arc<A>, handler: F) -> anyhow::Result<()>
    where
        Q: Query,
        A: Send + Sync + 'static,
        F: Fn(Arc<A>, Envelope<Q>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = anyhow::Result<Q::Answer>> + Send,
    {
        self.bus.answer(&self.lifecycle, app, handler).await
    }
}
