//! Tables of the service and their statements, one file per table.

pub mod api_message;
pub mod attempt;
pub mod carrier_code;
pub mod dispatchers;
pub mod flow_text;
pub mod items;
pub mod ledger;
pub mod ledger_route;
pub mod load;
pub mod look_up;
pub mod meter;
pub mod named_rows;
pub mod odd_receipt;
pub mod operators;
pub mod parked;
pub mod receipt_log;
pub mod routing_version;
pub mod senders;
pub mod states;
pub mod sticky_sender;
pub mod traffic;

use chassis::SqlMigration;

pub const MIGRATIONS: &[SqlMigration] = &[
    SqlMigration {
        name: "0001_ledger",
        sql: include_str!("migrations/0001_ledger.sql"),
    },
    SqlMigration {
        name: "0002_routing",
        sql: include_str!("migrations/0002_routing.sql"),
    },
    SqlMigration {
        name: "0003_traffic",
        sql: include_str!("migrations/0003_traffic.sql"),
    },
    SqlMigration {
        name: "0004_attempts",
        sql: include_str!("migrations/0004_attempts.sql"),
    },
    SqlMigration {
        name: "0005_money",
        sql: include_str!("migrations/0005_money.sql"),
    },
    SqlMigration {
        name: "0006_sends",
        sql: include_str!("migrations/0006_sends.sql"),
    },
    SqlMigration {
        name: "0007_look_ups",
        sql: include_str!("migrations/0007_look_ups.sql"),
    },
    SqlMigration {
        name: "0008_meter",
        sql: include_str!("migrations/0008_meter.sql"),
    },
    SqlMigration {
        name: "0009_texts",
        sql: include_str!("migrations/0009_texts.sql"),
    },
    SqlMigration {
        name: "0010_forgetting",
        sql: include_str!("migrations/0010_forgetting.sql"),
    },
];
