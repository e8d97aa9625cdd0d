//! Databases: SQLite (one file per service) and PostgreSQL (one schema per service), the same code on both.
//!
//! Reads go to a pool. Writes go through one writer per service, which commits everything that waits
//! together ([`writer`]).

mod engine;
mod migrate;
mod open;
mod queue;
mod writer;

pub use engine::Engine;
pub use migrate::{SqlMigration, pending};
pub use open::{Location, open};
pub use writer::{Db, Turn};

/// A transaction (or a savepoint inside one).
pub type Tx = sea_orm::DatabaseTransaction;
