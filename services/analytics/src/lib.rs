//! analytics: what happened.
//!
//! Owns message rows, hourly rollups and the counts of replies, opt-outs and opt-ins, all folded from
//! events in any order and any number of times. Says nothing; everything here can be rebuilt.

mod api;
mod app;
mod consumers;
mod db;
pub mod fold;
pub mod horizon;
pub mod ledger;

use chassis::{Service, SqlMigration};

pub const SERVICE: Service = Service {
    name: "analytics",
    migrations: &[
        SqlMigration {
            name: "0001_messages",
            sql: include_str!("db/migrations/0001_messages.sql"),
        },
        SqlMigration {
            name: "0002_routes",
            sql: include_str!("db/migrations/0002_routes.sql"),
        },
        SqlMigration {
            name: "0003_revisions",
            sql: include_str!("db/migrations/0003_revisions.sql"),
        },
    ],
    defaults: include_str!("defaults.toml"),
    start: |cx| Box::pin(app::start(cx)),
};
