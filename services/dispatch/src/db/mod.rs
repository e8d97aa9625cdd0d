//! Tables of the service and their statements, one file per table.

pub mod api_message;
pub mod items;
pub mod ledger;
pub mod load;
pub mod parked;
pub mod receipt_log;
pub mod senders;
pub mod states;

use chassis::SqlMigration;

pub const MIGRATIONS: &[SqlMigration] = &[
    SqlMigration {
        name: "0001_ledger",
        sql: include_str!("migrations/0001_ledger.sql"),
    },
    SqlMigration {
        name: "0006_sends",
        sql: include_str!("migrations/0006_sends.sql"),
    },
];
