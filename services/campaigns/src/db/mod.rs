//! Tables of this service and every statement on them.

pub mod campaign;
pub mod chunk;
pub mod flow_text;
pub mod progress;
mod row;
pub mod run;

use chassis::SqlMigration;

pub const MIGRATIONS: &[SqlMigration] = &[
    SqlMigration {
        name: "0001_campaigns",
        sql: include_str!("migrations/0001_campaigns.sql"),
    },
    SqlMigration {
        name: "0004_texts",
        sql: include_str!("migrations/0004_texts.sql"),
    },
];
