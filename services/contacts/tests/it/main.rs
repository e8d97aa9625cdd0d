//! The contacts service over HTTP and the bus, with a real NATS server and database.

mod audience;
mod contacts_api;
mod imports;
mod kit;
mod lists_api;
mod load_recipients;
mod resume;
mod tenants;
mod upload;
