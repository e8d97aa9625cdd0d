//! Services on a nats-server and a database of their own.

use std::path::PathBuf;

use chassis::host::{Host, HostOptions};
use chassis::managed::{FindOptions, NatsOptions, NatsServer, find};
use chassis::{Bus, Clock, Cx, Db, Service, Settings};
use contract::{Mode, TenantId};
use tokio::sync::OnceCell;

use crate::accounts::{KnownKey, STUB};
use crate::database::Fresh;

/// What every kit's clock shows when it starts: a Wednesday, 11:00 in New York, 8:00 in Los Angeles.
pub const START: &str = "2026-06-10T15:00:00Z";

/// Running services. [`Kit::stop`] ends them in order and fails the test if one of them failed.
pub struct Kit {
    pub(crate) host: Host,
    services: Vec<Service>,
    settings: Settings,
    database: Fresh,
    /// To be killed, restarted or emptied by a test.
    pub nats: NatsServer,
    folder: tempfile::TempDir,
    /// Of the first service named.
    pub bus: Bus,
    pub clock: Clock,
    pub base_url: String,
    /// Who calls with `key` (test mode) and `live_key`.
    pub tenant: TenantId,
    pub key: String,
    pub live_key: String,
    /// Somebody else, who must never see or change anything of `tenant`.
    pub other_tenant: TenantId,
    pub other_key: String,
}

impl Kit {
    /// Starts the services in this order. Unless accounts is among them, a stub that knows the kit's keys
    /// takes its place.
    pub async fn start(services: &[Service]) -> Self {
        Self::start_with(services, |settings| settings).await
    }

    /// The same with other settings: `|settings| settings.with("consent.permit_seconds", 1)`.
    pub async fn start_with(
        services: &[Service],
        change: impl FnOnce(Settings) -> Settings,
    ) -> Self {
        logged();
        let clock = Clock::starting_at(START.parse().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let options = NatsOptions {
            binary: nats_server().await,
            store_dir: folder.path().join("nats"),
            port: None,
        };
        let nats = NatsServer::start(options).await.unwrap();
        let database = Fresh::make().await;

        let (tenant, other_tenant) = (TenantId::at(clock.now()), TenantId::at(clock.now()));
        let [key, live_key, other_key] = ["test", "live", "test"]
            .map(|mode| format!("hm_{mode}_{:032x}", rand::random::<u128>()));
        let keys = [
            KnownKey::new(&key, tenant, 1, Mode::Test),
            KnownKey::new(&live_key, tenant, 2, Mode::Live),
            KnownKey::new(&other_key, other_tenant, 3, Mode::Test),
        ];
        let mut services = services.to_vec();
        let stubbed = services.iter().all(|service| service.name != STUB.name);
        if stubbed {
            services.push(STUB);
        }
        let mut settings = Settings::defaults(&services)
            .with("data.dir", folder.path().join("data"))
            .with("nats.url", nats.url())
            .with("nats.monitor", nats.monitor_url())
            .with("database.url", database.url())
            .with("http.listen", "127.0.0.1:0");
        if stubbed {
            settings = settings.with("accounts.keys", keys);
        }
        let settings = change(settings);
        let host = run(&services, &settings, &clock).await;
        Self {
            bus: first(&host, &services).bus.clone(),
            base_url: format!("http://{}", host.address),
            host,
            services,
            settings,
            database,
            nats,
            folder,
            clock,
            tenant,
            key,
            live_key,
            other_tenant,
            other_key,
        }
    }

    /// The same services once more, on the same data and nats-server, as a second process would be. To be
    /// stopped before the kit; only with PostgreSQL, a file of SQLite has one owner.
    pub async fn beside(&self) -> Host {
        self.beside_with(|settings| settings).await
    }

    /// The same with other settings.
    pub async fn beside_with(&self, change: impl FnOnce(Settings) -> Settings) -> Host {
        let settings = change(self.settings.clone());
        run(&self.services, &settings, &self.clock).await
    }

    /// A running service's surroundings.
    pub fn cx(&self, service: &str) -> &Cx {
        let found = self.host.cx(service);
        found.unwrap_or_else(|| panic!("the service {service} does not run in this kit"))
    }

    pub fn db(&self, service: &str) -> Db {
        self.cx(service).db.clone()
    }

    /// Where the services keep their files.
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Stops the services in order and starts them again on the same data. The address changes.
    pub async fn restart(mut self) -> Self {
        self.host.stop().await.unwrap();
        self.host = run(&self.services, &self.settings, &self.clock).await;
        self.bus = first(&self.host, &self.services).bus.clone();
        self.base_url = format!("http://{}", self.host.address);
        self
    }

    /// Kills the nats-server, empties its JetStream folder and starts it again at the same address.
    pub async fn lose_jetstream(&mut self) {
        self.nats.kill().await.unwrap();
        std::fs::remove_dir_all(self.nats.folder().join("jetstream")).unwrap();
        self.nats.restart().await.unwrap();
    }

    /// Payloads that could not be processed since the kit was started.
    pub async fn dead_letters(&self) -> u64 {
        let jetstream = async_nats::jetstream::new(self.bus.client().clone());
        let stream = jetstream.get_stream(contract::streams::DEAD_LETTERS).await;
        stream.unwrap().cached_info().state.messages
    }

    /// Stops the services as a SIGTERM would.
    pub async fn stop(self) {
        self.host.stop().await.unwrap();
        self.nats.stop().await.unwrap();
        self.database.remove().await;
    }
}

/// What the services log is shown where `TEST_LOG` names a filter (`TEST_LOG=info`, with `-- --nocapture`).
fn logged() {
    let wanted = std::env::var_os("TEST_LOG").and_then(|level| level.into_string().ok());
    if let Some(level) = wanted {
        let format = "text".to_string();
        chassis::telemetry::init_logs(&chassis::config::Log { level, format }).unwrap();
    }
}

/// The nats-server binary, looked for once a process: a build without optimisation takes its time over the
/// checksum.
pub async fn nats_server() -> PathBuf {
    static FOUND: OnceCell<PathBuf> = OnceCell::const_new();
    let look = async || find(&FindOptions::of_this_user(None)).await.unwrap().binary;
    FOUND.get_or_init(look).await.clone()
}

async fn run(services: &[Service], settings: &Settings, clock: &Clock) -> Host {
    let options = HostOptions {
        services: services.to_vec(),
        settings: settings.clone(),
        clock: clock.clone(),
    };
    Host::start(options).await.unwrap()
}

fn first<'h>(host: &'h Host, services: &[Service]) -> &'h Cx {
    let name = services.first().expect("at least one service").name;
    host.cx(name).expect("it runs")
}
