//! Tables and their statements. Every statement names the tenant.

pub mod contacts;
pub mod fields;
pub mod imports;
pub mod lists;
pub mod members;

use chassis::SqlMigration;

pub const MIGRATIONS: &[SqlMigration] = &[SqlMigration {
    name: "0001_contacts",
    sql: include_str!("migrations/0001_contacts.sql"),
}];
