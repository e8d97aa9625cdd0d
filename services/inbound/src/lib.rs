//! inbound: what people text back.
//!
//! Owns received texts. Answers `receive_reply` once a text is durable and consent has acted on it; says
//! `message_received`, and `act_on_reply` to consent (the durable way).

mod api;
mod app;
mod db;
mod queries;

use chassis::{Service, SqlMigration};

pub const SERVICE: Service = Service {
    name: "inbound",
    migrations: &[SqlMigration {
        name: "0001_inbound",
        sql: include_str!("db/migrations/0001_inbound.sql"),
    }],
    defaults: include_str!("defaults.toml"),
    start: |cx| Box::pin(app::start(cx)),
};
