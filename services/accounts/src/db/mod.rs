//! Tables and their statements.

pub mod keys;
pub mod tenants;

use chassis::SqlMigration;

pub const MIGRATIONS: &[SqlMigration] = &[SqlMigration {
    name: "0001_accounts",
    sql: include_str!("migrations/0001_accounts.sql"),
}];
