//! campaigns: when to text, and whom.
//!
//! Owns campaigns, their runs, and the chunk table: the truth that drives the mass path. Every stage after
//! it may run twice or lose what it had; what nobody reports on is released again from here.
//!
//! Asks: `contacts.page_audience`, `contacts.load_recipients`, `renderer.describe_template`,
//! `consent.note_content`, `consent.set_run_gate`. Commands: `consent.screen_chunk`.
//! Hears: `consent.chunk_screened`, `renderer.chunk_rendered`, `dispatch.hand_overs_recorded`.
//! Says: `campaigns.run_started`, `campaigns.chunk_settled`, `campaigns.run_closed`.

mod api;
mod app;
mod audience;
mod config;
mod consumers;
mod db;
mod fold;
mod gate;
mod lifecycle;
mod progress;
mod record;
mod release;
mod runs;
pub mod journey;
pub mod schedule;
mod settle;
mod start;
mod tasks;

pub const SERVICE: chassis::Service = chassis::Service {
    name: "campaigns",
    migrations: db::MIGRATIONS,
    defaults: include_str!("defaults.toml"),
    start: app::start,
};
