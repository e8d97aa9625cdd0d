//! inbound: what people text back, and the links they follow.
//!
//! Owns received texts and clicks; leads short links on, as `renderer.resolve_link` says. Answers `receive_reply` once a text is durable and consent has acted on it; says
//! `message_received`, `link_clicked`, and `act_on_reply` to consent (the durable way).

mod api;
mod app;
pub mod clicker;
mod db;
mod queries;

use chassis::{Service, SqlMigration};

pub const SERVICE: Service = Service {
    name: "inbound",
    migrations: &[
        SqlMigration {
            name: "0001_inbound",
            sql: include_str!("db/migrations/0001_inbound.sql"),
        },
        SqlMigration {
            name: "0002_clicks",
            sql: include_str!("db/migrations/0002_clicks.sql"),
        },
    ],
    defaults: include_str!("defaults.toml"),
    start: |cx| Box::pin(app::start(cx)),
};
