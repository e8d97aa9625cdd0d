//! consent: who may be texted, now. Owns the ledger of opt-ins and opt-outs, where each person stands, the
//! law in Cedar, decisions and permits. No text leaves without a permit, and only this service grants them.
//!
//! Hears: `screen_chunk`, `act_on_reply`, `record_provider_block`, `hand_overs_recorded`. Answers: `grant_permits`, `close_permits`, `register_dispatcher`,
//! `set_run_gate`, `cancel_runs`, `note_content`, `judge_chunk`, `record_reply`. Says: `chunk_screened`, `opt_ins_recorded`,
//! `opt_out_recorded`, `opt_out_confirmed`, and asks the renderer and dispatch to go on. Asks:
//! `campaigns.describe_appointment`.
//!
//! The rules are pure: [`keyword`] reads replies, [`standing`] folds the ledger, [`chain`] binds it, [`law`]
//! holds the parameters, [`places`] and [`moment`] say what the clocks are, [`facts`] flattens it all,
//! [`rules`] compiles the policies, [`decision`] and [`memo`] decide, [`judge`] draws the consequence,
//! [`cases`] and [`archive`] prove it, [`explain`] and [`simulate`] show it, [`incident`] looks afterwards. The rest puts them to work.

mod api;
mod app;
pub mod archive;
pub mod cases;
pub mod chain;
mod config;
mod consumers;
pub mod counts;
pub mod db;
mod decide_review;
pub mod decision;
mod double_opt_in;
pub mod explain;
pub mod facts;
mod find_incidents;
mod granting;
mod heard;
mod hexed;
pub mod incident;
pub mod judge;
pub mod keyword;
pub mod law;
pub mod memo;
pub mod moment;
pub mod papers;
pub mod parameters;
mod people;
pub mod person;
mod person_facts;
pub mod places;
mod privacy;
mod queries;
pub mod recent;
mod record;
mod replies;
pub mod revocation;
mod revocation_limit;
pub mod rules;
#[cfg(not(feature = "sabotage"))]
mod sabotage;
#[cfg(feature = "sabotage")]
#[doc(hidden)]
pub mod sabotage;
mod screening;
mod service_text;
pub mod simulate;
pub mod standing;
mod start;
mod suppress;
mod take_back;
mod tasks;
mod tenants;
pub mod verification;
pub mod window;

/// What the host runs.
pub const SERVICE: chassis::Service = chassis::Service {
    name: "consent",
    migrations: db::MIGRATIONS,
    defaults: include_str!("defaults.toml"),
    start: start::start,
};
