//! Runs services in one process: the single wiring path of `up`, `run`, `demo`, `bench` and the tests.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use tokio::runtime::Handle;

use crate::bus::{self, Bus};
use crate::clock::Clock;
use crate::config::Settings;
use crate::db::{self, Db, Location};
use crate::http::serve;
use crate::lifecycle::Lifecycle;
use crate::own_thread::OwnThread;
use crate::service::{Aside, Cx, Service};
use crate::telemetry;

const FLUSH_WITHIN: Duration = Duration::from_secs(2);

/// What to run, and on what.
pub struct HostOptions {
    pub services: Vec<Service>,
    /// `nats.url` must be set; the caller manages a server or names one.
    pub settings: Settings,
    pub clock: Clock,
}

/// A running set of services.
pub struct Host {
    /// Where the HTTP APIs listen.
    pub address: SocketAddr,
    contexts: BTreeMap<&'static str, Cx>,
    lifecycle: Lifecycle,
    grace: Duration,
    _urgent: OwnThread,
}

impl Host {
    /// Connects, migrates, starts every service in the order given, then listens.
    pub async fn start(options: HostOptions) -> anyhow::Result<Self> {
        let common = options.settings.common()?;
        let lifecycle = Lifecycle::default();
        let urgent = OwnThread::start("urgent")?;
        telemetry::metrics();
        std::fs::create_dir_all(&common.data.dir).with_context(|| {
            format!(
                "cannot create the data folder {}",
                common.data.dir.display()
            )
        })?;
        let location = Location::from_settings(&common.database, &common.data)?;
        let first = bus::connect(&common.nats.url, "setup").await?;
        bus::ensure_streams(&async_nats::jetstream::new(first.0), common.bus.replicas).await?;
        let mut contexts = BTreeMap::new();
        let mut routers = Vec::new();
        let mut any_bus = None;
        for service in &options.services {
            let db = db::open(
                &location,
                service.name,
                service.migrations,
                common.database.readers,
                &lifecycle,
            )
            .await?;
            let connection = bus::connect(&common.nats.url, service.name).await?;
            let clock = options.clock.clone();
            let bus = Bus::new(
                service.name,
                connection,
                db.clone(),
                clock.clone(),
                common.bus.clone(),
            );
            any_bus.get_or_insert(bus.clone());
            let aside = Aside {
                db: aside_reader(&db, &location, service.name, urgent.handle()).await?,
                bus: aside_bus(&bus, &common.nats.url, service.name, urgent.handle()).await?,
                lifecycle: lifecycle.on(urgent.handle()),
            };
            bus.relay(&lifecycle);
            let cx = Cx {
                service: service.name,
                db,
                bus,
                clock,
                data_dir: common.data.dir.clone(),
                settings: options.settings.clone(),
                lifecycle: lifecycle.clone(),
                aside,
            };
            contexts.insert(service.name, cx);
        }
        // Services ask each other while they start (a dispatcher registers with consent), so they start together.
        let starting = options.services.iter().filter_map(|service| {
            let cx = contexts.get(service.name)?.clone();
            Some(async move {
                (service.start)(cx)
                    .await
                    .with_context(|| format!("the service {} cannot start", service.name))
            })
        });
        routers.extend(futures::future::try_join_all(starting).await?);
        let bus = any_bus.context("no service was named")?;
        let router = serve::router(routers, &bus, &common.http, &lifecycle);
        let address = serve::listen(&common.http.listen, router, &lifecycle).await?;
        Ok(Self {
            address,
            contexts,
            lifecycle,
            _urgent: urgent,
            grace: Duration::from_secs(common.shutdown.grace_seconds),
        })
    }

    /// A running service's surroundings.
    pub fn cx(&self, service: &str) -> Option<&Cx> {
        self.contexts.get(service)
    }

    pub fn lifecycle(&self) -> &Lifecycle {
        &self.lifecycle
    }

    /// Waits for a signal or for a failing task, then stops in order.
    pub async fn run_until_stopped(self) -> anyhow::Result<()> {
        let stopping = self.lifecycle.stopping();
        tokio::select! {
            signal = crate::lifecycle::signal() => signal?,
            () = stopping.cancelled() => {}
        }
        tracing::info!("stopping: what is in flight is finished first");
        self.stop().await
    }

    /// Stops in order: no new intake, work in flight, then relays, answerers and writers.
    pub async fn stop(self) -> anyhow::Result<()> {
        let clean = self.lifecycle.stop(self.grace).await;
        for cx in self.contexts.into_values() {
            // A connection that is lost by now has nothing more to give, and would be waited for.
            for client in [cx.bus.client(), cx.aside.bus.client()] {
                let _flushed = tokio::time::timeout(FLUSH_WITHIN, client.flush()).await;
            }
            for db in [&cx.db, &cx.aside.db] {
                if let Err(error) = db.read().clone().close().await {
                    tracing::debug!(%error, "a pool did not close");
                }
            }
        }
        if let Some(failure) = self.lifecycle.take_failure() {
            return Err(failure);
        }
        anyhow::ensure!(
            clean,
            "some work did not finish within the grace period; it continues at the next start"
        );
        Ok(())
    }
}

/// The service's second connection to NATS, with its reading and writing on the urgent thread.
async fn aside_bus(
    bus: &Bus,
    url: &str,
    service: &'static str,
    runtime: &Handle,
) -> anyhow::Result<Bus> {
    let url = url.to_string();
    let connecting = runtime.spawn(async move { bus::connect(&url, service).await });
    Ok(bus.over(connecting.await??))
}

/// The service's database with a reader that no long read occupies.
async fn aside_reader(
    db: &Db,
    location: &Location,
    service: &'static str,
    runtime: &Handle,
) -> anyhow::Result<Db> {
    let location = location.clone();
    let connecting = runtime.spawn(async move { location.connect(service, 1).await });
    Ok(db.reading(connecting.await??))
}
