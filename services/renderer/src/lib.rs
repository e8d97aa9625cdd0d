//! renderer: what a text says.
//!
//! Owns templates and their published versions. Hears `render_chunk`; says `chunk_rendered`; passes the
//! finished texts to dispatch as `send_chunk`. Answers `describe_template`.

mod api;
mod app;
pub mod chunk;
mod config;
mod consumers;
mod db;
pub mod fields;
pub mod hint;
pub mod lint;
mod queries;
pub mod template;

use chassis::{Service, SqlMigration};

pub const SERVICE: Service = Service {
    name: "renderer",
    migrations: &[SqlMigration {
        name: "0001_templates",
        sql: include_str!("db/migrations/0001_templates.sql"),
    }],
    defaults: include_str!("defaults.toml"),
    start: |cx| Box::pin(app::start(cx)),
};
