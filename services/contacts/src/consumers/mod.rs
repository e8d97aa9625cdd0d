//! What this service hears. One file per durable.

pub mod update_contacts;
