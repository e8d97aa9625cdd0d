//! Black-box stories: the built binary, driven only from outside, judged by the carrier's own log.

mod bad_input;
mod bad_rows;
mod broken_carrier;
mod campaign_blast;
mod campaign_test;
mod carrier;
mod desk;
mod doctor;
mod fleet;
mod frozen_dispatcher;
mod graceful_shutdown;
mod jetstream_dir_lost;
mod operators_hand;
mod over_twilio;
mod privacy;
mod raw;
mod refusals;
mod restart_mid_campaign;
mod separate_processes;
mod single_sends_killed;
mod stop_mid_campaign;
mod sums;
mod timers;
mod twilio_world;
mod webhook_flood;
mod world;
