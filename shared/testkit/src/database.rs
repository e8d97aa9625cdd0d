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
        let wanted = std::env::var_os("TEST_DB").unwrap_or_default();
        match wanted.to_str() {
            Some("" | "sqlite") => Self::Sqlite,
            Some("postgres") => {
                let cluster = postgres::shared().await;
                let name = cluster.create_database().await.unwrap();
                Self::Postgres { cluster, name }
            }
            _ => panic!("TEST_DB is sqlite or postgres, not {}", wanted.display()),
        }
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
