//! Tables and their statements. Every statement names the tenant.

pub mod contacts;
pub mod fields;
pub mod former_phones;
pub mod imports;
pub mod lists;
pub mod members;
pub mod parts;
pub mod segment_members;
pub mod segment_walks;
pub mod segments;

use chassis::SqlMigration;

pub const MIGRATIONS: &[SqlMigration] = &[
    SqlMigration {
        name: "0001_contacts",
        sql: include_str!("migrations/0001_contacts.sql"),
    },
    SqlMigration {
        name: "0002_former_phones",
        sql: include_str!("migrations/0002_former_phones.sql"),
    },
    SqlMigration {
        name: "0003_segments",
        sql: include_str!("migrations/0003_segments.sql"),
    },
];
