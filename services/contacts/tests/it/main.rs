//! The contacts service over HTTP and the bus, with a real NATS server and database.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]

mod audience;
mod contacts_api;
mod find_contacts;
mod imports;
mod lists_api;
mod load_recipients;
mod resume;
mod segments;
mod tenants;
mod update_contacts;
mod upload;
