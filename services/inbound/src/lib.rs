//! inbound: what people text back, the links they follow, and what providers call us for.
//!
//! Owns received texts and clicks; leads short links on, as `renderer.resolve_link` says. Answers
//! `receive_reply` once a text is durable and consent has acted on it; says `message_received`,
//! `link_clicked`, and `act_on_reply` to consent (the durable way). Answers `load_reply` to whoever heard of one.
//!
//! A provider's call comes in at [`api::webhook`]: receipts are gathered ([`receipts`]) and told to dispatch
//! (`record_receipts`), replies are kept ([`db::spool`]) and brought to dispatch (`take_reply`), which knows
//! whose number they came to. A call is answered with 2xx only once its content is durable.

mod api;
mod app;
pub mod clicker;
mod db;
mod queries;
mod receipts;
mod tasks;

use chassis::{Service, SqlMigration};

pub const SERVICE: Service = Service {
    name: "inbound",
    migrations: &[
        SqlMigration {
            name: "0001_inbound",
            sql: include_str!("db/migrations/0001_inbound.sql"),
        },
        SqlMigration {
            name: "0002_webhook_reply",
            sql: include_str!("db/migrations/0002_webhook_reply.sql"),
        },
        SqlMigration {
            name: "0003_clicks",
            sql: include_str!("db/migrations/0003_clicks.sql"),
        },
    ],
    defaults: include_str!("defaults.toml"),
    start: |cx| Box::pin(app::start(cx)),
};
