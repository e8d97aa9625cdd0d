//! renderer: what a text says.
//!
//! Owns templates and their published versions, fragments, and where short links lead. Hears `render_chunk`;
//! says `chunk_rendered`; passes the finished texts to dispatch as `send_chunk` or `send_urgent_chunk`. Answers
//! `describe_template`, `render_one`, `render_texts` and `resolve_link`.
//! Asks: `contacts.list_fields`, `contacts.load_recipients`.

mod api;
mod app;
pub mod chunk;
pub mod clean;
pub mod compose;
mod config;
mod consumers;
pub mod content;
mod db;
pub mod encode;
pub mod fault;
pub mod fields;
pub mod filters;
pub mod hint;
pub mod language;
pub mod links;
pub mod lint;
pub mod locale;
pub mod opt_out;
pub mod person;
pub mod plain;
pub mod published;
mod queries;
pub mod scan;
pub mod template;

use chassis::{Service, SqlMigration};

pub const SERVICE: Service = Service {
    name: "renderer",
    migrations: &[
        SqlMigration {
            name: "0001_templates",
            sql: include_str!("db/migrations/0001_templates.sql"),
        },
        SqlMigration {
            name: "0002_content",
            sql: include_str!("db/migrations/0002_content.sql"),
        },
        SqlMigration {
            name: "0003_links",
            sql: include_str!("db/migrations/0003_links.sql"),
        },
        SqlMigration {
            name: "0004_link_variants",
            sql: include_str!("db/migrations/0004_link_variants.sql"),
        },
    ],
    defaults: include_str!("defaults.toml"),
    start: |cx| Box::pin(app::start(cx)),
};
