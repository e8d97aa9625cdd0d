//! Tables of this service and their statements. Hot ones go through [`block`]: many rows a statement.

pub mod block;
pub mod hops;
pub mod messages;
pub mod people;
pub mod restatements;
pub mod rollup;
pub mod routes;
pub mod runs;
