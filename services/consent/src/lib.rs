//! consent: who may be texted, now. Owns the ledger of opt-ins and opt-outs, where each person stands, the
//! law in Cedar, decisions and permits. No text leaves without a permit, and only this service grants them.
//!
//! Hears: `screen_chunk`, `act_on_reply`. Answers: `grant_permits`, `close_permits`, `register_dispatcher`,
//! `set_run_gate`, `record_reply`. Says: `chunk_screened`, `opt_ins_recorded`, `opt_out_recorded`,
//! `opt_out_confirmed`, and asks the renderer and dispatch to go on.
//!
//! The rules are pure: [`keyword`], [`standing`], [`zones`], [`quiet_hours`], [`facts`], [`rules`],
//! [`decision`], [`memo`], [`judge`]. The rest puts them to work.

mod api;
mod app;
mod config;
mod consumers;
pub mod db;
pub mod decision;
pub mod facts;
pub mod judge;
pub mod keyword;
pub mod memo;
mod queries;
pub mod quiet_hours;
mod record;
mod replies;
pub mod rules;
mod sabotage;
mod service_text;
pub mod standing;
mod start;
mod tasks;
pub mod zones;

/// What the host runs.
pub const SERVICE: chassis::Service = chassis::Service {
    name: "consent",
    migrations: db::MIGRATIONS,
    defaults: include_str!("defaults.toml"),
    start: start::start,
};
