//! The service's tables, one file each.

pub mod decision;
pub mod dispatcher;
pub mod ledger;
pub mod open_slot;
pub mod opt_out_pending;
pub mod permit;
pub mod run_gate;
pub mod screen;
pub mod standing;

use chassis::SqlMigration;
use contract::ids::{Id, Kind};

pub const MIGRATIONS: &[SqlMigration] = &[
    SqlMigration {
        name: "0001_ledger",
        sql: include_str!("migrations/0001_ledger.sql"),
    },
    SqlMigration {
        name: "0002_permits",
        sql: include_str!("migrations/0002_permits.sql"),
    },
];

/// An id as the 32 hex digits that set-based statements carry.
pub fn hex<K: Kind>(id: Id<K>) -> String {
    id.uuid().simple().to_string()
}

/// Phone numbers have at most 15 digits.
pub fn digits(phone: contract::Phone) -> i64 {
    i64::try_from(phone.digits()).unwrap_or(0)
}
