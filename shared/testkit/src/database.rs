//! A fresh database for each kit: SQLite files in its folder, or a database of its own in PostgreSQL.

use crate::postgres::{self, Cluster};

/// Which engine the suite runs on: `TEST_DB`, SQLite when it is not set.
pub enum Fresh {
    Sqlite,
    Postgres {
        cluster: &'static Cluster,
        name: String,
    },
}

impl Fresh {
    pub async fn make() -> Self {
        if !on_postgres() {
            return Self::Sqlite;
        }
        let cluster = postgres::shared().await;
        let name = cluster.create_database().await.unwrap();
        Self::Postgres { cluster, name }
    }

    /// The value of `database.url`; empty means SQLite in the data folder.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite => String::new(),
            Self::Postgres { cluster, name } => cluster.url(name),
        }
    }

    pub async fn remove(self) {
        if let Self::Postgres { cluster, name } = self {
            cluster.drop_database(&name).await.unwrap();
        }
    }
}

fn on_postgres() -> bool {
    let wanted = std::env::var_os("TEST_DB").unwrap_or_default();
    match wanted.to_str() {
        Some("" | "sqlite") => false,
        Some("postgres") => true,
        _ => panic!("TEST_DB is sqlite or postgres, not {}", wanted.display()),
    }
}

/// `database.url` of a fresh database in PostgreSQL, `None` where the suite runs on SQLite. For tests that
/// start processes; it is there until this process ends.
pub fn database_url() -> Option<String> {
    if !on_postgres() {
        return None;
    }
    // A thread of its own: the caller may be inside a runtime, which must not be blocked on.
    let made = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(Fresh::make()).url()
    });
    Some(made.join().unwrap())
}
