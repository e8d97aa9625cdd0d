//! Opening a service's database: where it lies, with which guarantees.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};

use super::engine::Engine;
use super::migrate::{self, SqlMigration};
use super::writer::Db;
use crate::config;
use crate::lifecycle::Lifecycle;
use crate::own_thread::OwnThread;

/// SQLite's page cache of the writer. Its own default of 2 MiB holds the standing of some ten thousand people;
/// beyond, every permit reads its page again.
const WRITER_CACHE_KIB: u32 = 48 * 1024;
const READER_CACHE_KIB: u32 = 2 * 1024;

/// Where the databases of a process lie.
#[derive(Clone)]
pub enum Location {
    /// One file per service in this folder.
    Folder(PathBuf),
    /// One schema per service in this PostgreSQL database.
    Postgres(String),
}

impl Location {
    /// From `database.url`; empty means SQLite in the data folder.
    pub fn from_settings(database: &config::Database, data: &config::Data) -> anyhow::Result<Self> {
        let url = database.url.as_str();
        if url.is_empty() {
            return Ok(Self::Folder(data.dir.clone()));
        }
        if let Some(folder) = url.strip_prefix("sqlite:") {
            return Ok(Self::Folder(PathBuf::from(folder.trim_start_matches("//"))));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_string()));
        }
        anyhow::bail!("database.url must start with postgres:// or sqlite:")
    }

    pub const fn engine(&self) -> Engine {
        match self {
            Self::Folder(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// A plain pool on the service's database, without migrating it.
    pub async fn connect(
        &self,
        service: &str,
        connections: u32,
    ) -> anyhow::Result<DatabaseConnection> {
        self.pool(service, connections, READER_CACHE_KIB).await
    }

    async fn pool(
        &self,
        service: &str,
        connections: u32,
        cache_kib: u32,
    ) -> anyhow::Result<DatabaseConnection> {
        let mut options = match self {
            Self::Folder(folder) => {
                std::fs::create_dir_all(folder)
                    .with_context(|| format!("cannot create {}", folder.display()))?;
                let path = folder.join(format!("{service}.db"));
                let mut options =
                    ConnectOptions::new(format!("sqlite://{}?mode=rwc", path.display()));
                options.map_sqlx_sqlite_opts(move |sqlite| {
                    sqlite
                        .journal_mode(SqliteJournalMode::Wal)
                        .synchronous(SqliteSynchronous::Full)
                        .busy_timeout(Duration::from_secs(10))
                        .foreign_keys(true)
                        .statement_cache_capacity(200)
                        .pragma("cache_size", format!("-{cache_kib}"))
                });
                options
            }
            Self::Postgres(url) => {
                let mut options = ConnectOptions::new(url.clone());
                options.set_schema_search_path(service);
                if cache_kib == WRITER_CACHE_KIB {
                    // Every statement of the writer goes by key. A plan made while a table was empty would walk
                    // through all of it, and stay in use until the statistics come.
                    options.map_sqlx_postgres_opts(|postgres| {
                        let ways = ["enable_seqscan", "enable_hashjoin", "enable_mergejoin"];
                        postgres.options(ways.map(|way| (way, "off")))
                    });
                }
                options
            }
        };
        options
            .max_connections(connections)
            .min_connections(1)
            .acquire_timeout(Duration::from_secs(10))
            .idle_timeout(Duration::from_secs(24 * 3600))
            .max_lifetime(Duration::from_secs(7 * 24 * 3600))
            .sqlx_logging(false);
        connect(options)
            .await
            .with_context(|| format!("cannot open the database of {service}"))
    }
}

/// Opens and migrates a service's database and starts its writer.
pub async fn open(
    location: &Location,
    service: &'static str,
    migrations: &[SqlMigration],
    readers: u32,
    lifecycle: &Lifecycle,
) -> anyhow::Result<Db> {
    if let Location::Postgres(url) = location {
        create_schema(url, service).await?;
    }
    let thread = OwnThread::start(&format!("{service} writer"))?;
    let place = location.clone();
    let connecting = async move { place.pool(service, 1, WRITER_CACHE_KIB).await };
    let writer = thread.handle().spawn(connecting).await??;
    migrate::up(&writer, migrations)
        .await
        .with_context(|| format!("cannot bring the schema of {service} up to date"))?;
    let reader = location.connect(service, readers.max(1)).await?;
    Ok(Db::start(
        location.engine(),
        writer,
        reader,
        service,
        thread,
        lifecycle,
    ))
}

async fn create_schema(url: &str, service: &str) -> anyhow::Result<()> {
    let mut options = ConnectOptions::new(url.to_string());
    options
        .max_connections(1)
        .sqlx_logging(false)
        .acquire_timeout(Duration::from_secs(10));
    let db = connect(options).await.context("cannot reach PostgreSQL")?;
    // Two processes of one service may start at once; the lock makes one of them wait.
    let locked = format!(
        "DO $$ BEGIN PERFORM pg_advisory_xact_lock(727411); EXECUTE 'CREATE SCHEMA IF NOT EXISTS {service}'; END $$"
    );
    db.execute_unprepared(&locked)
        .await
        .with_context(|| format!("cannot create the schema {service}"))?;
    db.close().await?;
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that opens databases"
)]
async fn connect(options: ConnectOptions) -> Result<DatabaseConnection, sea_orm::DbErr> {
    Database::connect(options).await
}
