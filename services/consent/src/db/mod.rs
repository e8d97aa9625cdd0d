//! The service's tables, one file each.

pub mod book;
pub mod decision;
pub mod dispatcher;
pub mod dnc;
pub mod erased;
pub mod handed_over;
pub mod heard;
pub mod incident;
pub mod ledger;
pub mod ledger_sets;
pub mod open_slot;
pub mod opt_out;
pub mod opt_out_pending;
pub mod papers;
pub mod permit;
pub mod permit_returned;
pub mod policy;
pub mod retention;
pub mod review;
pub mod run_about;
pub mod run_gate;
pub mod screen;
pub mod sender_day;
pub mod sent;
pub mod standing;
mod standing_packed;
pub mod suppression;

use chassis::{Engine, SqlMigration};
use contract::ids::{Id, Kind};
use sea_orm::Value;

pub const MIGRATIONS: &[SqlMigration] = &[
    SqlMigration {
        name: "0001_ledger",
        sql: include_str!("migrations/0001_ledger.sql"),
    },
    SqlMigration {
        name: "0002_permits",
        sql: include_str!("migrations/0002_permits.sql"),
    },
    SqlMigration {
        name: "0003_law",
        sql: include_str!("migrations/0003_law.sql"),
    },
    SqlMigration {
        name: "0004_incidents",
        sql: include_str!("migrations/0004_incidents.sql"),
    },
    SqlMigration {
        name: "0005_returned",
        sql: include_str!("migrations/0005_returned.sql"),
    },
    SqlMigration {
        name: "0006_heard",
        sql: include_str!("migrations/0006_heard.sql"),
    },
];

/// An id as the 32 hex digits that set-based statements carry.
pub fn hex<K: Kind>(id: Id<K>) -> String {
    id.uuid().simple().to_string()
}

/// A number as it stands in a row.
pub fn phone(digits: i64) -> Option<contract::Phone> {
    u64::try_from(digits)
        .ok()
        .and_then(contract::Phone::from_digits)
}

/// Numbers as the JSON rows of a set-based statement: `[[1500…],[…]]`.
pub fn phone_rows(phones: impl Iterator<Item = contract::Phone>) -> String {
    let mut text = String::from("[");
    for phone in phones {
        if text.len() > 1 {
            text.push(',');
        }
        text.push('[');
        text.push_str(&phone.digits().to_string());
        text.push(']');
    }
    text.push(']');
    text
}

/// Numbers as a flat JSON array, which SQLite reads far quicker than rows: `[1500…,1500…]`.
pub fn phone_list(phones: impl Iterator<Item = contract::Phone>) -> String {
    let mut text = String::from("[");
    for phone in phones {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&phone.digits().to_string());
    }
    text.push(']');
    text
}

/// Numbers as [`by_phone`] takes them.
pub fn phones(engine: Engine, phones: impl Iterator<Item = contract::Phone>) -> Value {
    match engine {
        Engine::Sqlite => phone_list(phones).into(),
        Engine::Postgres => array(phones.map(digits)),
    }
}

/// Values of one column for PostgreSQL's `unnest`, which takes them apart far quicker than JSON.
pub fn array<T>(values: impl Iterator<Item = T>) -> Value
where
    Vec<T>: Into<Value>,
{
    values.collect::<Vec<T>>().into()
}

/// The rows of `table` (called `t`) of a tenant, by number: what stands behind FROM, with the numbers of
/// [`phones`] at `$2` and the tenant at `$1`. Both engines go by key, whatever they know of the table.
pub fn by_phone(engine: Engine, table: &str) -> String {
    match engine {
        // CROSS JOIN: SQLite would otherwise walk through everyone of the tenant and look each up in the list.
        Engine::Sqlite => format!(
            "json_each($2) AS r CROSS JOIN {table} t WHERE t.tenant = $1 AND t.phone = r.value"
        ),
        Engine::Postgres => format!("{table} t WHERE t.tenant = $1 AND t.phone = ANY($2)"),
    }
}

/// Phone numbers have at most 15 digits.
pub fn digits(phone: contract::Phone) -> i64 {
    i64::try_from(phone.digits()).unwrap_or(0)
}
