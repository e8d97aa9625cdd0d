//! campaigns: when to text, and whom.
//!
//! Owns campaigns, their runs, and the chunk table: the truth that drives the mass path. Every stage after
//! it may run twice or lose what it had; what nobody reports on is released again from here.
//!
//! Releases people as fast as a throttle lets it, and as far as a safety envelope does ([`pace`], [`envelope`]).
//!
//! Owns appointments and reminder plans ([`appointment`]).
//!
//! Owns journeys, their versions and runs: [`journey`] is the pure part, `journeys` moves runs.
//!
//! Owns the texts of flows, too ([`texts`]): offered to dispatch until it accepts them.
//!
//! Asks: `contacts.page_audience`, `contacts.load_recipients`, `contacts.find_contacts`, `contacts.find_by_phone`,
//! `renderer.describe_template`, `consent.note_content`, `consent.set_run_gate`, `consent.cancel_runs`,
//! `consent.record_reply`, `inbound.load_reply`, `dispatch.spend_of`, `dispatch.undelivered_of`; before a launch
//! ([`preflight`], [`approval`]) `consent.judge_chunk`, `renderer.measure_chunk`, `dispatch.forecast`.
//! Commands: `consent.screen_chunk`, `contacts.update_contacts`, `dispatch.accept_texts`, `dispatch.recheck_texts`.
//! Hears: `consent.chunk_screened`, `renderer.chunk_rendered`, `dispatch.hand_overs_recorded`,
//! `dispatch.receipts_recorded`, `dispatch.texts_accepted`, `dispatch.unknown_settled`, `inbound.message_received`,
//! `inbound.link_clicked`, `consent.opt_out_recorded`, `contacts.segment_members_moved`, `contacts.contact_deleted`.
//! Told: `bring_back`. Answers: `describe_appointment`.
//! Says: `campaigns.run_started`, `campaigns.chunk_settled`, `campaigns.run_closed`, `campaigns.campaign_changed`,
//! `campaigns.appointment_changed`.

mod api;
mod app;
mod appointment;
mod approval;
mod audience;
mod clearance;
mod config;
mod consumers;
mod db;
mod envelope;
mod fold;
mod gate;
pub mod journey;
mod journeys;
mod late_start;
mod lifecycle;
mod local_time;
mod pace;
mod percent;
mod preflight;
mod progress;
mod queries;
mod record;
mod recurring;
mod release;
mod retry;
mod runs;
pub mod schedule;
mod settle;
mod start;
mod tasks;
pub mod texts;
mod throttle;
pub mod timers;
mod variants;

pub use app::{App, assemble};

pub const SERVICE: chassis::Service = chassis::Service {
    name: "campaigns",
    migrations: db::MIGRATIONS,
    defaults: include_str!("defaults.toml"),
    start: app::start,
};
