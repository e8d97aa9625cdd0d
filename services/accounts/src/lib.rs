//! accounts: tenants and their API keys; who may act.
//!
//! Owns: tenants, API keys. Hears and says: nothing. Answers: [`contract::accounts::VerifyKey`].
//! [`key`] is the rule of what a key looks like; [`bootstrap`] makes the first tenant.

mod api;
mod app;
mod bootstrap;
mod db;
pub mod key;
mod queries;
mod start;

pub use bootstrap::{NewTenant, bootstrap, create_tenant};
pub use start::SERVICE;
